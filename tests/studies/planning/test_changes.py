"""What a run of a study says of methods and models, and what it means."""

import pytest

from jaxsparse.studies.planning.members import expand


@pytest.fixture
def runs_dir(tmp_path):
  return tmp_path / 'runs'


def test_a_field_of_another_method_is_let_through(study, tiny, runs_dir):
  run = tiny('static', 'static', {'updater.drop_fraction': 0.1})
  (cell,) = expand(study(run), runs_dir).cells
  assert not cell.error


@pytest.mark.parametrize('base', ['rigl', 'gmp', 'static'])
def test_a_grid_over_methods_does_not_depend_on_that_of_the_base(
  study, tiny, runs_dir, base
):
  """GMP and static take no `grow_batches`, so what is said of it is dropped."""
  batches = 'updater.grow_batches'
  grid = {'updater.name': ('rigl', 'gmp', 'static'), batches: (1, 2)}
  expanded = expand(study(tiny('swept', base, grid=grid)), runs_dir)
  assert [cell.error for cell in expanded.cells] == [''] * 6
  members = [expanded.members[cell.member] for cell in expanded.cells]
  found = [member.experiment.config.updater for member in members]
  assert [(u.name, u.hyperparameters.get('grow_batches')) for u in found] == [
    *(('rigl', 1), ('rigl', 2), ('gmp', None), ('gmp', None)),
    *(('static', None), ('static', None)),
  ]


def test_a_field_of_another_model_is_let_through_where_the_run_names_one(
  study, tiny, runs_dir
):
  named = {'model.name': 'mlp', 'model.dropout': 0.1}
  (cell,) = expand(study(tiny('a', overrides=named)), runs_dir).cells
  assert not cell.error


def test_a_name_that_is_none_is_an_error_of_its_cell(study, tiny, runs_dir):
  for name in ('rigll', '', 3, None):
    wrong = {'updater.name': name, 'updater.drop_fraction': 0.1}
    (cell,) = expand(study(tiny('a', overrides=wrong)), runs_dir).cells
    assert 'config.updater.name' in cell.error
