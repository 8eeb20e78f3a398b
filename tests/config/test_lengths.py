"""The lengths of a run in steps, from a config of 20."""

import pytest

from jaxsparse.config import identity
from jaxsparse.config.defaults import default_config
from jaxsparse.config.lengths import in_steps
from jaxsparse.config.resolve import resolve


def run_of(examples=1000, **fields):
  """`updater__stop_step=x` sets a field of a section."""
  config = default_config(updater='rigl')
  config.num_steps = 20
  config.update_from_flattened_dict(
    {name.replace('__', '.'): value for name, value in fields.items()}
  )
  return in_steps(resolve(config), examples)


@pytest.mark.parametrize(
  ('fields', 'steps', 'start', 'stop'),
  [
    ({}, 20, 0, 15),
    ({'updater__start_step': 3, 'updater__stop_step': 20}, 20, 3, 20),
    ({'updater__start_fraction': 0.29, 'num_steps': 100}, 100, 29, 75),
    ({'num_steps': None, 'num_epochs': 2.0}, 20, 0, 15),
    ({'num_steps': None, 'num_epochs': 0.29, 'batch_size': 1}, 290, 0, 217),
    ({'num_steps': None, 'num_epochs': 1.5, 'batch_size': 64}, 23, 0, 17),
  ],
)
def test_steps_follow_by_exact_arithmetic(fields, steps, start, stop):
  found = run_of(**{'batch_size': 100} | fields)
  assert found.num_steps == steps
  assert (found.updater.start_step, found.updater.stop_step) == (start, stop)
  stored = identity.jsonable(found)
  assert not {'num_epochs', 'start_fraction', 'stop_fraction'} & (
    set(stored) | set(stored['updater'])
  )


@pytest.mark.parametrize(
  ('fields', 'expected'),
  [
    # What RigL 5x of Evci et al. 2020 on ImageNet is: the interval stays.
    (
      {'num_steps': 32_000, 'updater__stop_step': 25_000, 'multiplier': 5.0},
      (160_000, 0, 125_000, 7820),
    ),
    # ceil(0.2 x 75,001), so that the mask step 0.2 x 75,000 is kept.
    (
      {
        'num_steps': 97_656,
        'updater__start_step': 20_000,
        'updater__stop_step': 75_001,
        'multiplier': 0.2,
      },
      (19_531, 4000, 15_001, 313),
    ),
    # Shares of the run follow.
    ({'num_steps': 200, 'multiplier': 1.5}, (300, 0, 225, 2346)),
    (
      {'num_steps': None, 'num_epochs': 2.0, 'multiplier': 2.5},
      (50, 0, 37, 3910),
    ),
  ],
)
def test_a_multiplier_lengthens_all_but_the_intervals(fields, expected):
  found = run_of(
    batch_size=100, optimizer__warmup_steps=1564, log_interval=7, **fields
  )
  updater = found.updater
  assert (
    found.num_steps,
    updater.start_step,
    updater.stop_step,
    found.optimizer.warmup_steps,
  ) == expected
  assert (updater.update_interval, found.log_interval) == (100, 7)
  assert found.batch_size == 100


def test_a_run_that_is_multiplied_is_the_one_spelled_out():
  short = run_of(num_steps=40, multiplier=0.5, updater__stop_step=30)
  assert short == run_of(num_steps=20, updater__stop_step=15)
  assert run_of(multiplier=1.0) == run_of()


def test_a_batch_may_be_all_of_the_data():
  assert run_of(batch_size=1000).batch_size == 1000
  with pytest.raises(ValueError, match=r'config.batch_size: got 1001.*1000'):
    run_of(batch_size=1001)


def test_a_seed_has_32_bits():
  last = 2**32 - 1
  assert run_of(seed=last).seed == last
  with pytest.raises(ValueError, match=f'config.seed: .* in 0 .. {last}'):
    run_of(seed=last + 1)


def test_several_seeds_are_a_sweep():
  with pytest.raises(ValueError, match=r'replicates: no such field \(several'):
    run_of(replicates=2)


def test_rewind_points_lie_within_the_run():
  kept = run_of(checkpoint__keep_steps=(3, 20))
  assert kept.checkpoint.keep_steps == (3, 20)
  with pytest.raises(ValueError, match='keep_steps: .* at most num_steps 20'):
    run_of(checkpoint__keep_steps=(3, 21))
