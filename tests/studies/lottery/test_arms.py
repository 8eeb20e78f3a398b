"""Arms as data: from which run and step each level takes what."""

import pytest

from jaxsparse.runs import reading
from jaxsparse.studies.lottery import ARMS, Arm
from jaxsparse.studies.lottery.arms import level_fields
from jaxsparse.studies.planning import check, members, pairing

REWIND, RETRAIN = 4, 8
SCHEDULED = {
  'optimizer.schedule': 'piecewise',
  'optimizer.boundaries': (0.5,),
  'optimizer.scales': (0.1,),
  'optimizer.warmup_steps': 2,
}
REWOUND = ('dense', REWIND, REWIND)
# Arm -> the runs whose masks are cut at levels 1 and 2; the run and the step of
# the weights, and the first step, at level 2.
EXPECTED = {
  'ticket': ('dense', 'ticket', *REWOUND),
  'reinit': ('dense', 'ticket', None, None, REWIND),
  'shuffle': ('dense', 'ticket', *REWOUND),
  'shuffle_global': ('dense', 'ticket', *REWOUND),
  'random': ('dense', 'ticket', *REWOUND),
  'one_shot': ('dense', 'dense', *REWOUND),
  'one_shot_reinit': ('dense', 'dense', None, None, REWIND),
  'rate_rewind': ('dense', 'rate_rewind', 'rate_rewind', None, RETRAIN),
  'finetune': ('dense', 'finetune', 'finetune', None, RETRAIN),
  'restart': ('dense', 'restart', 'restart', None, 0),
  'signs': ('dense', 'ticket', None, None, REWIND),
  'repel': ('dense', 'repel', *REWOUND),
  'repel_last': ('dense', 'repel_last', *REWOUND),
  'repel_reinit': ('dense', 'ticket', None, None, REWIND),
  'attract': ('dense', 'attract', *REWOUND),
  'attract_reinit': ('dense', 'ticket', None, None, REWIND),
  'l2_start': ('dense', 'l2_start', *REWOUND),
  'no_decay': ('no_decay_dense', 'no_decay', 'no_decay_dense', REWIND, REWIND),
  'warm_up': ('warm_up_dense', 'warm_up', 'warm_up_dense', REWIND, REWIND),
  'large_batch': (
    'large_batch_dense',
    'large_batch',
    'large_batch_dense',
    0,
    0,
  ),
}


@pytest.fixture(scope='module')
def levels(tiny):
  """Arm, level -> its config; and the run and level of each member by name."""
  decay = {'optimizer.weight_decay': 1e-4}
  study = tiny(
    tuple(EXPECTED), decay | SCHEDULED, rewind=REWIND, retrain=RETRAIN
  )
  check.check(study)
  expanded = members.expand(study, 'runs', reading.describe)
  assert not [cell.error for cell in expanded.cells if cell.error]
  configs = {
    (cell.row.run, dict(cell.row.point).get(pairing.LEVEL, 0)): (
      expanded.members[cell.member].experiment.config
    )
    for cell in expanded.cells
  }
  names = {}
  for cell in expanded.cells:  # Members that rows share are of the first.
    names.setdefault(cell.member, set()).add(
      (cell.row.run, dict(cell.row.point).get(pairing.LEVEL, 0))
    )
  return configs, names


def sources(names, value):
  """The runs and levels behind 'run:a,run:b', each a set of rows."""
  return [names[one.removeprefix('run:')] for one in value.split(',') if one]


@pytest.mark.parametrize('arm', list(EXPECTED))
def test_levels_start_where_their_arm_says(levels, arm):
  configs, names = levels
  first, own, weights, step, begin = EXPECTED[arm]
  one, two = configs[arm, 1], configs[arm, 2]
  (rows,) = sources(names, one.init.masks)
  assert (first, 0) in rows
  (rows,) = sources(names, two.init.masks)
  assert (own, 0 if own == 'dense' else 1) in rows
  found = sources(names, two.init.checkpoint)
  assert len(found) == (weights is not None)
  if weights:
    assert (weights, int(own == weights != 'dense')) in found[0]
  assert two.init.checkpoint_step == step
  assert two.init.start_step == begin
  assert two.init.with_statistics == (weights is not None)
  assert not two.init.with_optimizer
  assert (two.pruning.level, two.updater.sparsity) == (2, 0.0)


def test_what_is_drawn_differs_in_one_stream(levels):
  configs, names = levels
  for arm in ('reinit', 'one_shot_reinit', 'signs', 'repel_reinit'):
    assert configs[arm, 2].streams == ('init=1',)
  assert configs['ticket', 2].streams == ()
  init = configs['signs', 2].init
  assert (('dense', 0) in sources(names, init.signs)[0], init.signs_step) == (
    True,
    REWIND,
  )


def test_shuffles_are_within_their_scope(levels):
  configs, _ = levels
  scopes = {'shuffle': 'layer', 'shuffle_global': 'global', 'random': 'even'}
  for arm, scope in scopes.items():
    init = configs[arm, 2].init
    assert (init.shuffle_masks, init.shuffle_scope) == (True, scope)
  assert not configs['ticket', 2].init.shuffle_masks


def test_anchors_are_the_levels_before(levels):
  configs, names = levels

  def anchors(arm, level):
    section = configs[arm, level].anchors
    found = sources(names, section.runs)
    return section.weight, section.distance, found

  for arm, chain, weight in (
    ('repel', 'repel', 2.0),
    ('repel_reinit', 'ticket', 2.0),
    ('attract', 'attract', -1.0),
    ('attract_reinit', 'ticket', -1.0),
  ):
    weight_of, distance, (first, one) = anchors(arm, 2)
    assert (weight_of, distance) == (weight, 'cosine')
    assert ('dense', 0) in first
    assert (chain, 1) in one
    assert len(anchors(arm, 1)[2]) == 1
  (last,) = anchors('repel_last', 2)[2]
  assert ('repel_last', 1) in last
  section = configs['l2_start', 2].anchors
  assert (section.runs, section.distance) == ('start', 'l2')


def test_fine_tuning_has_the_last_rate_throughout(levels):
  section = levels[0]['finetune', 1].optimizer
  assert (section.schedule, section.warmup_steps) == ('constant', 0)
  assert (section.boundaries, section.scales) == ((), ())
  assert section.learning_rate == pytest.approx(3e-4)
  # Learning-rate rewinding has the schedule from the step on.
  section = levels[0]['rate_rewind', 1].optimizer
  assert (section.schedule, section.warmup_steps) == ('piecewise', 2)


def test_recipes_are_those_of_the_dense_net_of_the_arm(levels):
  configs, _ = levels
  for level in (1, 2):
    for name, last in (('', level), ('_dense', 0)):
      decay = configs[f'no_decay{name}', last].optimizer.weight_decay
      assert decay == 0
      large = configs[f'large_batch{name}', last]
      assert (large.batch_size, large.num_steps) == (128, 2)
      assert large.optimizer.warmup_steps == 0
      warm = configs[f'warm_up{name}', last]
      assert (warm.num_steps, warm.optimizer.warmup_steps) == (20, 2)
  assert configs['ticket', 1].optimizer.weight_decay == 1e-4


def test_a_larger_batch_rewinds_to_the_same_epoch(tiny):
  study = tiny(
    ('large_batch', 'warm_up'),
    {'num_steps': 400, 'multiplier': 2.0, 'optimizer.warmup_steps': 20},
    rewind='2ep',
  )
  rewind = 2 * 1442 // 16
  run = study.run('large_batch')
  assert run.overrides['init.checkpoint_step'] == rewind // 8
  assert run.overrides['init.start_step'] == rewind // 8
  dense = study.run('large_batch_dense').overrides
  assert dense['checkpoint.keep_steps'] == (rewind // 8,)
  assert (dense['num_steps'], dense['multiplier']) == (100, 1.0)
  assert dense['optimizer.warmup_steps'] == 40 // 8
  warm = study.run('warm_up_dense').overrides
  assert (warm['num_steps'], warm['multiplier']) == (800, 1.0)
  assert warm['optimizer.warmup_steps'] == 80
  assert study.run('dense').overrides['checkpoint.keep_steps'] == (rewind,)


def test_children_of_a_level_are_cut_from_the_mean_of_all(tiny):
  study = tiny(children=3)
  expanded = members.expand(study, 'runs', reading.describe)
  streams = set()
  for i in (1, 2, 3):
    run = study.run(f'child_{i}')
    assert run.overrides['init.masks'] == (
      '{child_1<dense},{child_2<dense},{child_3<dense}'
    )
    streams |= set(run.overrides['streams'])
  assert streams == {
    f'{name}={i}'
    for name in ('order', 'crop', 'augment', 'dropout')
    for i in (1, 2, 3)
  }
  by_row = {
    (c.row.run, dict(c.row.point).get(pairing.LEVEL, 0)): c.member
    for c in expanded.cells
  }
  second = expanded.members[by_row['child_2', 2]].experiment.config.init
  assert second.masks == ','.join(
    f'run:{by_row[f"child_{i}", 1]}' for i in (1, 2, 3)
  )
  first = expanded.members[by_row['child_2', 1]].experiment.config.init
  assert first.masks == f'run:{by_row["dense", 0]}'


@pytest.mark.parametrize(
  ('name', 'recipe', 'masks', 'anchors'),
  [
    ('own', {}, '{own<dense}', '{own<<dense},{dense}'),
    ('owner', {}, '{owner<dense}', '{owner<<dense},{dense}'),
    (
      'first_own',
      {'batch_size': 8},
      '{first_own<first_own_dense}',
      '{first_own<<first_own_dense},{first_own_dense}',
    ),
  ],
)
def test_names_in_braces_are_replaced_whole(name, recipe, masks, anchors):
  fields = {
    'anchors.runs': '{own<<first},{first}',
    'init.signs': '{owned<firstly}',
    'task': 'own',
  }
  arm = Arm('an arm', fields, 'own', recipe)
  assert level_fields(name, arm, {}) == recipe | fields | {
    'init.masks': masks,
    'anchors.runs': anchors,
  }


def test_each_arm_has_a_label_of_its_own():
  labels = [arm.label for arm in ARMS.values()]
  assert len(set(labels)) == len(labels)
  assert all(arm.masks in ('ticket', 'own', 'dense') for arm in ARMS.values())


def test_the_state_of_the_optimiser_comes_along_if_it_is_wanted(tiny):
  arms = ('reinit', 'rate_rewind', 'shuffle', 'no_decay')
  for optimizer, expected in (('reset', set()), ('restore', {*arms, 'ticket'})):
    restored = {
      run.name
      for run in tiny(arms, optimizer=optimizer).runs
      if run.overrides.get('init.with_optimizer')
    }
    assert restored == expected - {'reinit'}
