"""What training is planned to cost, against what it is found to have cost."""

import json
import math
from fractions import Fraction

import jax
import pytest

from jaxsparse.core import registry
from jaxsparse.runs import costs, reading
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.updaters.gmp import gmp
from jaxsparse.updaters.static import static

# 64-16-10: the weights of the two kernels, each used once an example.
SIZES = 1024, 160
TOTAL = sum(SIZES)
# 30 steps, with mask steps 0, 5, 10, 15 and 20; the ramp ends at the last.
RAMP = [1 - Fraction(4 - i, 4) ** 3 for i in range(5)]
# Of counts that layers share out anew, what is planned is not what comes.
# Each with one that reads as many gradients, and leaves layers their counts.
SHARED = {'dsr': 'set', 'rigl_sg': 'rigl', 'rigl_sm': 'rigl'}


def planned(config):
  return costs.planned_training(build(config, reading.describe))


def active_of(config):
  return build(config, reading.describe).target_counts.values()


def pruned(starts, ends):
  """What 30 steps have active, step by step, as zeros follow the ramp."""
  shown = [
    sum(
      n - first - math.floor((n - end - first) * share)
      for n, first, end in zip(SIZES, starts, ends, strict=True)
    )
    for share in (Fraction(0), *RAMP)
  ]
  return [shown[min((t + 4) // 5, 5)] for t in range(30)]


def test_gradual_pruning_follows_its_ramp_in_each_layer(make_config):
  config = make_config('gmp')
  per_step = pruned((0, 0), active_of(config))
  assert per_step[0] == per_step[5] == TOTAL > per_step[6]
  assert planned(config) == Fraction(sum(per_step), 30 * TOTAL)


def test_granet_starts_on_its_way_and_reads_all_gradients_at_mask_steps(
  make_config,
):
  config = make_config('granet', updater__initial_fraction=0.3)
  ends = active_of(config)
  starts = [
    math.floor(Fraction('0.3') * (n - end))
    for n, end in zip(SIZES, ends, strict=True)
  ]
  per_step = pruned(starts, ends)
  dense = [t for t in range(30) if t % 5 == 0 and t <= 20]
  gradients = sum(TOTAL if t in dense else per_step[t] for t in range(30))
  cost = 2 * sum(per_step) + gradients
  assert planned(config) == Fraction(cost, 90 * TOTAL)


def test_backward_sets_are_wider_by_the_exploration(make_config):
  config = make_config('topkast', updater__exploration=0.25)
  ends = active_of(config)
  wider = [n + (size - n) // 4 for size, n in zip(SIZES, ends, strict=True)]
  cost = 2 * sum(ends) + sum(wider)
  assert planned(config) == Fraction(cost, 3 * TOTAL)
  config = make_config('ste')
  assert planned(config) == Fraction(2 * sum(ends) + TOTAL, 3 * TOTAL)


@pytest.mark.parametrize('method', SHARED)
def test_layers_that_share_out_a_sum_are_planned_as_they_are_distributed(
  make_config, method
):
  kept = planned(make_config(SHARED[method]))
  assert planned(make_config(method)) == kept < 1


def unannounced(counts, *, start_step=0, stop_step, update_interval):
  """Pruning that does not say how."""
  times = {'start_step': start_step, 'stop_step': stop_step}
  own = gmp(counts, update_interval=update_interval, **times)
  return own._replace(facts=own.facts._replace(scheduled=None))


def wide(counts):
  """A method that does not say how much it trains."""

  def everything(state):
    return jax.tree.map(jax.numpy.ones_like, state.masks)

  return static(counts)._replace(trained=everything)


@pytest.mark.parametrize('method', [unannounced, wide])
def test_what_a_method_does_not_say_is_known_when_it_has_run(
  make_config, method
):
  assert planned(make_config(method)) is None


def test_more_is_trained_than_is_active_and_nobody_says_how_much(make_config):
  experiment = build(make_config(wide), reading.describe)
  with pytest.raises(ValueError, match='accepted is its state at the end'):
    costs.training(experiment, None, [])


FIELDS = {
  'gmp': {'updater__start_step': 3, 'updater__stop_step': 29},
  'granet': {'updater__initial_fraction': 0.37},
  'topkast': {'updater__exploration': 0.21},
  'dense': {'updater__sparsity': 0.0},
}


@pytest.mark.slow
@pytest.mark.parametrize(
  'method',
  [name for name in registry.names('jaxsparse.updaters') if name not in SHARED],
)
def test_a_run_costs_what_it_was_planned_to(make_config, tmp_path, method):
  config = make_config(method, **FIELDS.get(method, {}))
  train(config, tmp_path, plots=False)
  summary = json.loads((tmp_path / 'summary.json').read_text())
  assert summary['training_flops'] == float(planned(config))
