"""The study that a sweep is: rows and members counted by hand."""

import pytest

from jaxsparse.runs import reading
from jaxsparse.studies import config_files, sweeps
from jaxsparse.studies.planning.members import expand
from jaxsparse.studies.spec import Against, Curves

PATH = config_files.locate('digits/mlp:rigl')


def config(**fields):
  made = config_files.load(PATH)
  made.update(fields)
  return made


def swept(made, *said):
  return sweeps.study(PATH, made, sweeps.grid(made, said))


def test_numbers_are_the_grid_and_seeds_are_seeds():
  made = swept(config(), 'updater.sparsity=0.5,0.9', 'config.seed=3:6')
  (run,) = made.runs
  assert (run.name, run.config) == ('sweep', 'digits/mlp:rigl')
  assert run.grid == {'updater.sparsity': (0.5, 0.9)}
  assert run.seed_list() == (3, 4, 5)
  assert made.figures == (Against('updater.sparsity'), Curves())
  assert made.title == 'digits/mlp:rigl over sparsity'


def test_without_swept_seeds_it_is_that_of_the_config():
  (run,) = swept(config(seed=7), 'updater.sparsity=0.5').runs
  assert run.seed_list() == (7,)


def test_what_is_no_number_makes_runs():
  made = swept(
    config(),
    'updater.name=rigl,static',
    'init.name=dense,sparse',
    'updater.sparsity=0.5,0.9',
  )
  assert [run.name for run in made.runs] == [
    'rigl_dense',
    'rigl_sparse',
    'static_dense',
    'static_sparse',
  ]
  assert made.runs[1].display_name == 'rigl, sparse'
  assert made.runs[1].overrides == {
    'updater.name': 'rigl',
    'init.name': 'sparse',
  }
  assert len(made.rows()) == 8


def test_runs_whose_names_would_be_alike_are_numbered():
  made = swept(config(), 'model.features=(8,8),(88,)', 'init.name=dense')
  names = [run.name for run in made.runs]
  assert len(set(names)) == 2


def test_overrides_are_what_differs_from_the_file():
  made = config(seed=4)
  made.num_steps = 30
  made.updater.drop_fraction = 0.5
  made.model.features = (16,)
  made.optimizer.learning_rate = 0.1  # As in the file.
  assert sweeps.overrides(PATH, made) == {
    'num_steps': 30,
    'updater.drop_fraction': 0.5,
    'model.features': (16,),
  }
  study = swept(made, 'seed=0')
  assert 'config.num_steps=30' in study.notes


def test_what_is_swept_is_no_override(tmp_path):
  made = config()
  made.updater.sparsity, made.num_steps = 0.7, 10
  study = swept(made, 'updater.sparsity=0.5,0.9')
  assert study.runs[0].overrides == {'num_steps': 10}
  cells = expand(study, tmp_path).cells
  assert [cell.error for cell in cells] == [''] * 2


def test_members_have_the_overrides_of_the_command_line(tmp_path):
  made = config()
  made.num_epochs, made.num_steps = 0.5, None
  made.update({'updater': {'name': 'set', 'sparsity': 0.8}})
  study = swept(made, 'updater.drop_fraction=0.1,0.2', 'seed=0:2')
  members = expand(study, tmp_path).members.values()
  configs = [member.experiment.config for member in members]
  assert len(configs) == 4
  assert {c.num_steps for c in configs} == {11}  # 0.5 x 1,442 / 64.
  assert {c.updater.name for c in configs} == {'set'}
  assert {c.updater.sparsity for c in configs} == {0.8}
  swept_values = {
    (c.updater.hyperparameters['drop_fraction'], c.seed) for c in configs
  }
  assert swept_values == {(0.1, 0), (0.1, 1), (0.2, 0), (0.2, 1)}


def test_replicates_are_not_swept():
  with pytest.raises(ValueError, match=r'seeds are swept by config.seed=0:5'):
    sweeps.grid(config(), ['config.replicates=1,2'])


def test_a_point_is_a_study_of_one_config():
  study = swept(config(), 'seed=0:3')
  (run,) = sweeps.at(study, {'optimizer.learning_rate': 0.5}).runs
  assert run.overrides == {'optimizer.learning_rate': 0.5}
  assert run.seed_list() == (0, 1, 2)


@pytest.mark.parametrize(
  ('path', 'name'),
  [(PATH, 'digits/mlp:rigl'), ('mine/rigl.py', 'mine/rigl.py')],
)
def test_a_config_of_ours_is_called_by_its_name(path, name):
  assert sweeps.short_name(path) == name


@pytest.mark.parametrize(
  ('length', 'said', 'steps'),
  [
    ({'num_steps': 90}, 'config.num_epochs=1,2.5', [1442 // 64, 3605 // 64]),
    ({'num_epochs': 7.0}, 'config.num_steps=90,120', [90, 120]),
    ({'num_epochs': 7.0}, 'config.num_epochs=1', [1442 // 64]),
  ],
)
def test_a_swept_length_takes_the_place_of_another(
  length, said, steps, tmp_path
):
  """Of that of the file, and of one on the command line."""
  made = config()
  made.update({'num_steps': None, 'num_epochs': None} | length)
  assert made.batch_size == 64
  one = swept(made, said)
  expanded = expand(one, tmp_path, reading.describe)
  assert [cell.error for cell in expanded.cells] == [''] * len(steps)
  found = [
    expanded.members[cell.member].experiment.plan.num_steps
    for cell in expanded.cells
  ]
  assert found == steps
  assert not set(length) & set(one.runs[0].overrides)


def test_two_lengths_are_not_swept_at_once():
  with pytest.raises(ValueError, match='num_steps and config.num_epochs'):
    swept(config(), 'config.num_steps=9', 'config.num_epochs=1')
