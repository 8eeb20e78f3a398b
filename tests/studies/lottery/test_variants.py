"""Lotteries of other recipes, and twins that test stability."""

import pytest

from jaxsparse.studies.lottery import Arm, Rounds, lottery, pairs, under
from jaxsparse.studies.lottery.arms import REWOUND
from jaxsparse.studies.planning import check
from jaxsparse.studies.running.run import run
from jaxsparse.studies.spec import Analysis

SMALL = {
  'num_steps': 20,
  'batch_size': 16,
  'model.features': (16,),
  'eval.interval': 20,
  'gradient_flow.interval': 0,
}


def study(more, **options):
  arms = (*options.pop('arms', ()), *more)
  found = lottery(
    'digits/mlp:static', SMALL, arms=arms, more=more, seeds=1, **options
  )
  check.check(found)
  return found


def test_a_recipe_has_a_lottery_of_its_own():
  controls = ('reinit', 'one_shot', 'repel', 'repel_reinit')
  found = study(
    under('big', 'batch of 32', {'batch_size': 32}, controls),
    rounds=Rounds(2, rewind=5),
  )
  names = ['dense', 'ticket', 'big_dense', 'big']
  assert [run.name for run in found.runs] == [
    *names,
    *(f'big_{control}' for control in controls),
  ]
  own = {run.name: run.overrides for run in found.runs}
  assert {own[name]['batch_size'] for name in own if 'big' in name} == {32}
  assert own['big_dense']['checkpoint.keep_steps'] == (5,)
  masks = {name: fields.get('init.masks') for name, fields in own.items()}
  assert masks == {
    'dense': None,
    'ticket': '{ticket<dense}',
    'big_dense': None,
    'big': '{big<big_dense}',
    'big_reinit': '{big<big_dense}',
    'big_one_shot': '{big_dense}',
    'big_repel': '{big_repel<big_dense}',
    'big_repel_reinit': '{big<big_dense}',
  }
  assert own['big_one_shot']['init.checkpoint'] == '{big_dense}'
  assert own['big_repel']['anchors.runs'] == '{big_repel<<big_dense}'
  assert own['big_repel_reinit']['anchors.runs'] == '{big<<big_dense}'


def test_an_arm_may_have_rows_of_its_own():
  rates = {'optimizer.learning_rate': (0.1, 0.3)}
  fields = REWOUND | {'pruning.level': 2}
  arms = {'at': Arm('at other rates', fields, grid=rates)}
  found = study(
    arms, rounds=Rounds(2), paper={'at': {'test_accuracy': {0.3: 97.0}}}
  )
  at = found.run('at')
  assert at.grid == rates
  assert at.overrides['init.masks'] == '{ticket<dense}'
  assert [at.paper_value(row, 'test_accuracy') for row in at.rows()] == [
    *(None, 97.0)
  ]


@pytest.mark.parametrize('prefix', ['', 'one_shot_'])
def test_fine_tuning_has_the_last_rate_of_the_schedule(prefix):
  falls = {'optimizer.schedule': 'piecewise', 'optimizer.boundaries': (0.5,)}
  found = lottery(
    'digits/mlp:static',
    SMALL | falls | {'optimizer.scales': (0.1,), 'optimizer.warmup_steps': 3},
    arms=(f'{prefix}finetune', f'{prefix}rate_rewind'),
    rounds=Rounds(2, retrain=10),
  )
  own = found.run(f'{prefix}finetune').overrides
  rate = found.run('dense').overrides.get('optimizer.learning_rate', 0.1)
  assert own['optimizer.learning_rate'] == pytest.approx(0.1 * rate)
  assert own['optimizer.schedule'] == 'constant'
  assert own['optimizer.boundaries'] == own['optimizer.scales'] == ()
  assert own['init.start_step'] == 10
  source = '{dense}' if prefix else '{finetune<dense}'
  assert own['init.checkpoint'] == own['init.masks'] == source


@pytest.mark.slow
def test_twins_go_on_from_the_step_that_both_rewind_to(tmp_path):
  found = study(
    pairs((0, 7), (0, 2), ('order',)),
    rounds=Rounds(2),
    analyses=tuple(
      Analysis(f'at_{step}', (f'twin_{step}', chain), 'instability')
      for step, chain in ((0, 'ticket'), (7, 'from_7'))
    ),
    metrics=('test_accuracy', 'test_instability'),
  )
  assert found.run('from_7').grid == {'pruning.level': (0, 1, 2)}
  assert found.run('twin_7').grid == {'pruning.level': (0, 2)}
  dense = found.run('dense').overrides
  assert dense['checkpoint.keep_steps'] == (0, 7)
  results = run(found, tmp_path, tmp_path / 'runs', name='x', command='x')
  for name in ('twin_0', 'twin_7'):
    for row in found.run(name).rows():
      (member,) = results.of(row)
      assert member.error == ''
      assert 'test_instability' in member.summary
