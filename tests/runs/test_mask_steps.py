"""The mask steps that a run plans for a method, and what it refuses."""

import pytest

from jaxsparse.core.types import Facts, MaskUpdater
from jaxsparse.runs.build import build


def own(counts):
  return MaskUpdater(init=None, update=None)


def once(counts):
  return MaskUpdater(init=None, update=None, facts=Facts(mask_steps='first'))


def typo(counts):
  return MaskUpdater(init=None, update=None, facts=Facts(mask_steps='once'))


def planned(experiment):
  plan = experiment.plan
  return [t for t in range(plan.num_steps) if plan.masks_change(t)]


@pytest.mark.parametrize(
  ('method', 'expected'),
  [
    ('rigl', [3, 8, 13, 18]),
    ('gmp', [3, 8, 13, 18]),
    (own, [3, 8, 13, 18]),
    ('magnitude', [3]),
    (once, [3]),
    ('static', []),
    ('dense', []),
  ],
)
def test_a_method_gets_the_mask_steps_that_it_takes(
  make_config, method, expected
):
  config = make_config(method, updater__start_step=3, updater__stop_step=20)
  config.updater.sparsity = 0.0 if method == 'dense' else 0.8
  experiment = build(config)
  assert planned(experiment) == expected
  # The config stays as it was written.
  updater = experiment.config.updater
  assert (updater.start_step, updater.stop_step) == (3, 20)
  assert updater.update_interval == 5


@pytest.mark.parametrize('method', ['rigl', 'set', 'snfs', 'magnitude', own])
@pytest.mark.parametrize(('start', 'stop'), [(30, 40), (7, 7), (0, 0)])
def test_a_method_without_a_mask_step_is_refused(
  make_config, method, start, stop
):
  said = rf'start_step {start}, stop_step {stop} and config.num_steps 30: '
  config = make_config(
    method, updater__start_step=start, updater__stop_step=stop
  )
  with pytest.raises(ValueError, match=f'config.updater.{said}'):
    build(config)


def test_one_mask_step_at_the_very_end_is_enough(make_config):
  for method in ('rigl', 'magnitude'):
    config = make_config(method, updater__start_step=29, updater__stop_step=99)
    assert planned(build(config)) == [29]


@pytest.mark.parametrize(('start', 'stop'), [(30, 40), (7, 7)])
def test_fixed_masks_need_no_mask_step(make_config, start, stop):
  config = make_config(
    'static', updater__start_step=start, updater__stop_step=stop
  )
  assert planned(build(config)) == []


def test_a_builder_of_something_else_is_refused(make_config):
  said = r'config.updater.name: builtins.len gives int; .* a MaskUpdater'
  with pytest.raises(ValueError, match=said):
    build(make_config('builtins.len'))


def test_an_unknown_kind_of_mask_steps_is_refused(make_config):
  said = "typo.*: mask_steps is 'once'; accepted are all, first and none"
  with pytest.raises(ValueError, match=said):
    build(make_config(typo))
