import dataclasses
import json

import numpy as np
import pytest

from jaxsparse.config import dicts, identity
from jaxsparse.config.resolve import resolve
from jaxsparse.runs import workdir
from jaxsparse.studies.planning import members as members_lib
from jaxsparse.studies.planning.members import expand
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static

SPARSITY = 'updater.sparsity'


@pytest.fixture
def runs_dir(tmp_path):
  return tmp_path / 'runs'


def config_of(expanded, cell):
  return expanded.members[cell.member].experiment.config


def keep(runs_dir, name, config):
  """Writes what marks a directory as that of a run of `config`."""
  folder = runs_dir / name
  folder.mkdir(parents=True)
  content = {'digest': identity.digest(config), 'config': config}
  (folder / workdir.CONFIG).write_text(identity.to_json(content))


def test_a_cell_for_each_row_and_seed(study, tiny, runs_dir):
  runs = (
    tiny('rigl', grid={SPARSITY: (0.5, 0.8)}, seeds=(3, 1)),
    tiny('dense', 'dense', seeds=2),
  )
  expanded = expand(study(*runs), runs_dir)
  shown = [(c.row.run, dict(c.row.point), c.seed) for c in expanded.cells]
  assert shown == [
    ('rigl', {SPARSITY: 0.5}, 3),
    ('rigl', {SPARSITY: 0.5}, 1),
    ('rigl', {SPARSITY: 0.8}, 3),
    ('rigl', {SPARSITY: 0.8}, 1),
    ('dense', {}, 0),
    ('dense', {}, 1),
  ]
  for cell in expanded.cells:
    config = config_of(expanded, cell)
    assert config.seed == cell.seed
    assert config.model.hyperparameters['features'] == (16,)
    assert config.updater.name == cell.row.run
    if cell.row.point:
      assert config.updater.sparsity == dict(cell.row.point)[SPARSITY]
  assert not runs_dir.exists()


def test_many_cuts_of_one_data_set_hold_it_once(study, tiny, runs_dir):
  cuts = tuple(round(0.05 * i, 2) for i in range(12))
  run = tiny('dense', 'dense', grid={'data.validation': cuts})
  expanded = expand(study(run), runs_dir)
  first, *others = (m.experiment.dataset for m in expanded.members.values())
  assert len({len(one.train.labels) for one in (first, *others)}) == 12
  for other in others:
    for split in (other.train, other.validation):
      assert np.shares_memory(first.train.images, split.images)
      assert np.shares_memory(first.train.labels, split.labels)
    assert np.shares_memory(first.test.images, other.test.images)


def test_a_name_says_what_the_config_says(study, tiny, runs_dir):
  runs = (
    tiny('a', 'rigl', {SPARSITY: 0.98, 'init.name': 'sparse'}, seeds=(3,)),
    tiny('b', 'dense'),
  )
  expanded = expand(study(*runs), runs_dir)
  for cell, start in zip(
    expanded.cells,
    ('digits-mlp-rigl-sparse-0.98-seed3-', 'digits-mlp-dense-0-seed0-'),
    strict=True,
  ):
    digest = identity.digest(config_of(expanded, cell))
    assert cell.member == start + digest[:8]


def test_a_name_is_safe_whatever_names_the_method(study, tiny, runs_dir):
  runs = [
    tiny('a', 'rigl', {'updater.name': name})
    for name in ('jaxsparse.updaters.set.set', rigl)
  ]
  expanded = expand(study(*runs[:1]), runs_dir)
  assert '-set-' in expanded.cells[0].member
  expanded = expand(study(*runs[1:]), runs_dir)
  assert '-rigl-' in expanded.cells[0].member


@pytest.mark.parametrize(
  ('name', 'word'),
  [
    ('/home/me/my pets.v2', 'my_pets_v2'),
    ('/home/me/pets.npz', 'pets'),
    ('in/pets.npz', 'pets'),
    ('my_package.pets', 'pets'),
    ('emnist/letters', 'emnist_letters'),
  ],
)
def test_a_name_has_the_last_word_of_the_users_own_data(
  make_config, name, word
):
  config = resolve(make_config(data__name=name, data__dir='/data'))
  assert members_lib.member_name(config).startswith(f'{word}-mlp-rigl-')


def test_equal_configs_are_one_member(study, tiny, runs_dir):
  runs = (
    tiny('a', overrides={SPARSITY: 0.8}),
    tiny('b', grid={SPARSITY: (0.7, 0.8)}),
  )
  expanded = expand(study(*runs), runs_dir)
  a, _, b = expanded.cells
  assert a.member == b.member
  assert len(expanded.members) == 2


def test_equal_configs_after_one_another_do_not_wait_for_themselves(
  study, tiny, runs_dir
):
  runs = (tiny('b', seeds=2, after=('a',)), tiny('a', seeds=2))
  expanded = expand(study(*runs), runs_dir)
  assert all(not m.after for m in expanded.members.values())


def test_a_source_is_named_by_its_directory(study, tiny, runs_dir):
  grid = {SPARSITY: (0.5, 0.8)}
  start = {'init.checkpoint': '{rigl}'}
  runs = (
    tiny('ticket', 'static', start, grid=grid, seeds=(1,)),
    tiny('rigl', grid=grid, seeds=2),
  )
  expanded = expand(study(*runs), runs_dir)
  names = list(expanded.members)
  for cell in expanded.cells[:2]:
    row = cell.row._replace(run='rigl')
    (source,) = (
      c.member for c in expanded.cells if (c.row, c.seed) == (row, 1)
    )
    found = expanded.members[cell.member]
    assert found.experiment.config.init.checkpoint == f'run:{source}'
    assert found.sources == found.after == {source}
    assert names.index(source) < names.index(cell.member)


def test_a_source_of_one_seed_serves_all(study, tiny, runs_dir):
  """Weights of one run and masks of another, each of its own seed."""
  runs = (
    tiny(
      'scratch',
      'static',
      {'init.checkpoint': '{start@1}', 'init.masks': '{rigl}'},
      seeds=(2, 0),
    ),
    tiny('rigl', seeds=3),
    tiny('start', 'static', seeds=(1,)),
  )
  expanded = expand(study(*runs), runs_dir)
  names = {(c.row.run, c.seed): c.member for c in expanded.cells}
  for seed in (2, 0):
    found = expanded.members[names['scratch', seed]]
    start, masks = names['start', 1], names['rigl', seed]
    init = found.experiment.config.init
    assert (init.checkpoint, init.masks) == (f'run:{start}', f'run:{masks}')
    assert found.sources == found.after == {start, masks}


def test_a_step_that_the_source_will_not_keep_is_an_error_of_its_cell(
  study, tiny, runs_dir
):
  """It keeps its start, its rewind points, and the newest two."""
  field = 'init.checkpoint_step'
  runs = (
    tiny('rigl', overrides={'checkpoint.keep_steps': (7,)}),
    tiny(
      'ticket',
      'static',
      {'init.checkpoint': '{rigl}'},
      grid={field: (0, 7, 8, 10, 20, 30)},
    ),
  )
  expanded = expand(study(*runs), runs_dir)
  refused = {
    dict(c.row.point)[field]: c.error for c in expanded.cells if c.error
  }
  assert list(refused) == [8, 10]
  assert refused[8] == (
    'config.init.checkpoint_step: got 8; accepted are 0, 7, 20, 30, which'
    f' {expanded.cells[0].member} keeps'
  )


def test_after_is_all_members_of_a_run(study, tiny, runs_dir):
  runs = (tiny('b', 'set', after=('a',)), tiny('a', seeds=3))
  expanded = expand(study(*runs), runs_dir)
  b, *others = expanded.cells
  found = expanded.members[b.member]
  assert found.after == {c.member for c in others}
  assert not found.sources


def test_a_refused_config_is_an_error_of_its_cell(study, tiny, runs_dir):
  runs = (
    tiny('rigl', grid={SPARSITY: (0.5, 1.0)}),
    tiny('b', 'static', {'init.checkpoint': '{rigl}'}, grid={SPARSITY: (1.0,)}),
  )
  expanded = expand(study(*runs), runs_dir)
  good, bad, follows = expanded.cells
  assert good.member
  assert not good.error
  assert not bad.member
  assert 'sparsity is 1.0; accepted' in bad.error
  assert not follows.member
  assert follows.error == f'starts from rigl: {bad.error}'


@pytest.mark.parametrize(
  ('run', 'said'),
  [
    ({'overrides': {'num_step': 3}}, "overrides: 'num_step' is no field.*Did"),
    ({'grid': {'updater.sparsit': (0.5,)}}, "grid: .*'updater.sparsity'"),
    ({'overrides': {'updator.sparsity': 3}}, "overrides: 'updator"),
  ],
)
def test_an_unknown_field_is_refused(study, tiny, runs_dir, run, said):
  with pytest.raises(ValueError, match=rf"study.runs\['rigl'\].{said}"):
    expand(study(tiny('rigl', **run)), runs_dir)


@pytest.mark.parametrize(
  ('config', 'said'),
  [
    ('digits/mlp:rigll', "Did you mean 'rigl'"),
    ('studies/digits/init_and_updates', 'is a study'),
  ],
)
def test_an_unknown_base_config_is_refused(study, tiny, runs_dir, config, said):
  run = tiny('rigl', config[len('digits/mlp:') :])
  if 'studies' in config:
    run = type(run)('rigl', config)
  with pytest.raises(
    ValueError, match=rf"study.runs\['rigl'\].config: .*{said}"
  ):
    expand(study(run), runs_dir)


def test_epochs_take_the_place_of_steps(study, tiny, runs_dir):
  run = tiny('a')
  shorter = {k: v for k, v in run.overrides.items() if k != 'num_steps'}
  run = type(run)(
    'a', 'digits/mlp:rigl', shorter | {'num_epochs': 1.0}, seeds=1
  )
  expanded = expand(study(run), runs_dir)
  assert config_of(expanded, expanded.cells[0]).num_steps == 1442 // 16


class TestDirectories:
  """What is stored decides which directory a config gets."""

  @pytest.fixture
  def config(self, study, tiny, runs_dir):
    expanded = expand(study(tiny('a')), runs_dir)
    return config_of(expanded, expanded.cells[0])

  def other(self, config, steps):
    return dataclasses.replace(config, num_steps=steps)

  def test_its_own_is_found_again(self, config, runs_dir):
    name = members_lib.member_name(config)
    keep(runs_dir, name, config)
    assert members_lib.directory(config, {}, runs_dir) == name

  def test_what_may_differ_is_still_its_own(self, config, runs_dir):
    name = members_lib.member_name(config)
    data = dataclasses.replace(config.data, dir='/elsewhere')
    moved = dataclasses.replace(config, data=data)
    keep(runs_dir, name, moved)
    assert members_lib.directory(config, {}, runs_dir) == name

  def test_another_config_there_is_left_alone(self, config, runs_dir):
    name = members_lib.member_name(config)
    keep(runs_dir, name, self.other(config, 31))
    assert members_lib.directory(config, {}, runs_dir) == f'{name}-2'
    keep(runs_dir, f'{name}-2', self.other(config, 32))
    assert members_lib.directory(config, {}, runs_dir) == f'{name}-3'
    keep(runs_dir, f'{name}-3', config)
    assert members_lib.directory(config, {}, runs_dir) == f'{name}-3'

  def test_one_that_is_given_away_is_taken(self, config, runs_dir):
    name = members_lib.member_name(config)
    made = {name: self.other(config, 31)}
    assert members_lib.directory(config, made, runs_dir) == f'{name}-2'
    assert members_lib.directory(config, {name: config}, runs_dir) == name

  @pytest.mark.parametrize('stored', [{}, {'dense_first': True}])
  def test_of_fields_that_are_new_nothing_is_asked(
    self, config, runs_dir, stored
  ):
    """A field that was not there is no difference; a former default is one."""
    name = members_lib.member_name(config)
    old = dicts.to_dict(config, stored=True)
    del old['updater']['dense_first']
    keep(runs_dir, name, old | {'updater': old['updater'] | stored})
    assert members_lib.directory(config, {}, runs_dir) == (
      f'{name}-2' if stored else name
    )

  def test_a_directory_without_a_run_is_free(self, config, runs_dir):
    name = members_lib.member_name(config)
    (runs_dir / name).mkdir(parents=True)
    assert members_lib.directory(config, {}, runs_dir) == name

  def test_one_that_cannot_be_read_is_not_passed_over(self, config, runs_dir):
    """Unless the run is found to be another one."""
    name = members_lib.member_name(config)
    keep(runs_dir, name, config)
    (runs_dir / name / workdir.CONFIG).write_text(json.dumps([]))
    assert members_lib.directory(config, {}, runs_dir) == name
    keep(runs_dir, f'{name}-2', config)
    assert members_lib.directory(config, {}, runs_dir) == f'{name}-2'


def test_names_do_not_depend_on_the_study(study, tiny, runs_dir):
  alone = expand(study(tiny('a')), runs_dir).cells[0].member
  among = expand(study(tiny('x', 'set'), tiny('b', seeds=3)), runs_dir)
  assert alone in among.members


def own_method(counts, *, pressure=0.5):
  del pressure
  return static(counts)


def test_hyperparameters_of_ones_own_method_are_fields(study, tiny, runs_dir):
  own = {'updater.name': own_method, 'updater.pressure': 0.7}
  expanded = expand(study(tiny('own', 'rigl', own)), runs_dir)
  updater = config_of(expanded, expanded.cells[0]).updater
  assert updater.hyperparameters['pressure'] == 0.7
  own['updater.presure'] = own.pop('updater.pressure')
  (cell,) = expand(study(tiny('own', 'rigl', own)), runs_dir).cells
  assert 'config.updater.presure: no such field' in cell.error
