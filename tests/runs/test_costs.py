"""What runs cost: by hand, from the masks and the mask steps of a run."""

from fractions import Fraction

import jax
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.analysis import flops
from jaxsparse.core.types import MaskState
from jaxsparse.runs import costs, reading
from jaxsparse.runs.build import build
from jaxsparse.studies import config_files
from jaxsparse.tasks.classification import classification
from jaxsparse.training.state import TrainState
from jaxsparse.updaters.topkast import TopKASTState

# 64-16-10: of the kernels, 1024 and 160 weights, each used once an example.
SIZES = {'Dense_0/kernel': 1024, 'Dense_1/kernel': 160}
TOTAL = 1184


def built(make_config, method, **fields):
  """A run of 30 steps, with mask steps 0, 5, 10, 15 and 20."""
  return build(make_config(method, updater__stop_step=23, **fields))


def state_of(masks=None):
  """All that is looked at of a state: its masks."""
  return TrainState(None, None, None, None, MaskState(masks))


def record(step, **active):
  found = {'Dense_0/kernel': active['a'], 'Dense_1/kernel': active['b']}
  return {'step': step, 'layer_active': found}


def start(a, b):
  sparsity = {'Dense_0/kernel': 1 - a / 1024, 'Dense_1/kernel': 1 - b / 160}
  return {'step': 0, 'layer_sparsity': sparsity}


def test_a_forward_pass(make_config):
  experiment = built(make_config, 'rigl')
  found = costs.forward(experiment)
  assert found.total == TOTAL
  active = {'Dense_0/kernel': 100, 'Dense_1/kernel': 40}
  assert costs.inference(experiment, active) == Fraction(140, TOTAL)


@pytest.mark.parametrize(
  ('method', 'full'),
  [('static', 0), ('set', 0), ('rigl', 5), ('snfs', 30)],
)
def test_a_step_is_two_sparse_passes_and_one_that_may_be_dense(
  make_config, method, full
):
  experiment = built(make_config, method)
  active = sum(experiment.target_counts.values())
  steps = [2 * active + (TOTAL if t < full else active) for t in range(30)]
  found = costs.training(experiment, state_of(), [])
  assert found == Fraction(sum(steps), 30 * 3 * TOTAL)


def test_a_dense_run_costs_what_it_is_measured_by(make_config):
  experiment = build(make_config('dense', updater__sparsity=0.0))
  assert costs.training(experiment, state_of(), []) == 1
  assert costs.inference(experiment, SIZES) == 1


def test_gradients_of_several_batches_before_a_mask_step(make_config):
  # Of the first mask step, at 0, there is but one.
  experiment = built(make_config, 'rigl', updater__grow_batches=3)
  active = sum(experiment.target_counts.values())
  full = 1 + 4 * 3
  cost = 30 * 3 * active + full * (TOTAL - active)
  found = costs.training(experiment, state_of(), [])
  assert found == Fraction(cost, 30 * 3 * TOTAL)


def test_pruning_costs_by_what_is_active_at_each_step(make_config):
  experiment = built(make_config, 'gmp')
  shown = [(1024, 160), (800, 150), (500, 100), (300, 60), (205, 31)]
  records = [
    start(1024, 160),
    *(record(5 * i + 1, a=a, b=b) for i, (a, b) in enumerate(shown)),
    {'step': 30, 'layer_sparsity': {}},
  ]
  # Mask step 5 i is still a step with what was active before.
  per_step = [TOTAL] + [sum(shown[t // 5]) for t in range(20)]
  per_step += [205 + 31] * 9
  found = costs.training(experiment, state_of(), records)
  assert found == Fraction(sum(per_step), 30 * TOTAL)
  assert costs.training(experiment, state_of(), records[:-2]) is None
  assert costs.training(experiment, state_of(), records[1:]) is None


def masks_of(a, b):
  """The first so many weights of either kernel are active."""
  kernels = np.arange(1024) < a, np.arange(160) < b
  shapes = (64, 16), (16, 10)
  return {
    f'Dense_{i}': {'kernel': mask.reshape(shape), 'bias': None}
    for i, (mask, shape) in enumerate(zip(kernels, shapes, strict=True))
  }


def test_where_more_is_trained_than_is_active_gradients_cost_more(make_config):
  experiment = built(make_config, 'topkast')
  active = sum(experiment.target_counts.values())
  # A weight that is active is trained.
  inner = TopKASTState(masks_of(300, 90))
  state = state_of()._replace(mask_state=MaskState(masks_of(200, 100), inner))
  found = costs.training(experiment, state, [])
  assert found == Fraction(2 * active + 300 + 100, 3 * TOTAL)


def test_printed_figures_of_resnet_50_come_from_its_config():
  config = config_files.load_config('imagenet/resnet50:rigl')
  experiment = build(config, reading.describe)
  counting = costs.COUNTINGS['micronet']
  found = costs.forward(experiment, printed=counting.printed)
  dense = flops.inference(
    found, experiment.params, convention=counting.convention
  )
  assert dense == pytest.approx(8.2023e9, rel=1e-5)
  # At 80 %, uniform, the first convolution dense.
  active = experiment.target_counts
  share = costs.inference(experiment, active, counting=counting)
  assert share == pytest.approx(0.2254, abs=1e-4)
  training = costs.training(experiment, state_of(), [], counting=counting)
  # 25,000 of 32,000 steps have updates, each in place of a step.
  assert training == pytest.approx(
    (32_000 * 3 * share + 250 * (1 - share)) / 96_000
  )
  # Nothing of it without: 112 x 112 positions.
  assert costs.forward(experiment).outputs['conv']['kernel'] == 112 * 112 * 64
  assert found.outputs['conv']['kernel'] == 115 * 115 * 64


class TestOfRun:
  active = {'Dense_0/kernel': 205, 'Dense_1/kernel': 31}

  def test_it_is_what_the_records_say(self, make_config):
    experiment = built(make_config, 'gmp')
    steps = (1, 6, 11, 16, 21)
    early = [record(step, a=205, b=31) for step in steps]
    late = [record(step, a=1024, b=160) for step in steps[:-1]]
    sparse = 236 / TOTAL
    for rest, dense_steps in ((early, 1), ([*late, early[-1]], 21)):
      found = costs.of_run(
        experiment,
        state_of(),
        active=self.active,
        records=[start(1024, 160), *rest],
      )
      cost = (dense_steps + (30 - dense_steps) * sparse) / 30
      assert found == {
        'inference_flops': pytest.approx(sparse),
        'training_flops': pytest.approx(cost),
      }

  def test_without_records_inference_alone_is_known(self, make_config):
    experiment = built(make_config, 'gmp')
    found = costs.of_run(experiment, state_of(), active=self.active, records=[])
    assert found['inference_flops'] == pytest.approx(236 / TOTAL)
    assert found['training_flops'] is None

  def test_a_model_that_cannot_be_counted_ends_no_run(
    self, make_config, caplog
  ):
    class Endless(nn.Module):
      @nn.compact
      def __call__(self, x, *, train):
        del train
        kernel = self.param('kernel', nn.initializers.ones, (64, 64))
        return jax.lax.while_loop(
          lambda h: h.sum() < 9, lambda h: h @ kernel, x.reshape(-1, 64)
        )

    experiment = built(make_config, 'rigl')
    task = classification(Endless())
    found = costs.of_run(
      experiment._replace(task=task),
      state_of(),
      active=self.active,
      records=[],
    )
    assert found == {'inference_flops': None, 'training_flops': None}
    assert 'a while loop makes 4096 multiply-adds a round' in caplog.text
