"""The scores of the states of a run, during training and at the end."""

import functools
from typing import Any

import jax
import numpy as np
from jax.typing import ArrayLike

from jaxsparse.config.run_config import OptimizerConfig
from jaxsparse.core import paths, prng
from jaxsparse.core.types import Params, Path
from jaxsparse.data.datasets import Split
from jaxsparse.optim.masked import forward_params
from jaxsparse.runs import inputs, recipes, summary
from jaxsparse.runs.build import Experiment
from jaxsparse.training.ahead import Program, Threads
from jaxsparse.training.evaluate import Evaluation, checked_active, facts
from jaxsparse.training.probe import GradientProbe
from jaxsparse.training.sharding import Layout
from jaxsparse.training.state import TrainState

Record = dict[str, Any]


def first_order_decrease(
  experiment: Experiment, norm: ArrayLike, step: int | jax.Array
) -> float:
  """Returns the decrease of the loss by a gradient step, to first order.

  Args:
    experiment: the run, which sets the learning rate.
    norm: of the masked gradient.
    step: the number of steps before it.
  """
  rate = learning_rate(experiment, step)
  return float(rate * np.square(np.asarray(norm, np.float32)))


def learning_rate(experiment: Experiment, step: int | jax.Array) -> np.float32:
  """Returns the learning rate of a step, from 0, as the step computes it."""
  base = experiment.member.optimizer['learning_rate']
  return np.float32(_rate(experiment)(base, np.int32(step)))


def _rate(experiment: Experiment) -> Program:
  section = recipes.without_numbers(experiment.config.optimizer)
  return _rate_program(section, experiment.plan.num_steps)


@functools.lru_cache(maxsize=32)
def _rate_program(optimizer: OptimizerConfig, num_steps: int) -> Program:
  """Returns the program `(base, step) -> base` times the schedule."""
  shape = recipes.rate(optimizer, num_steps)
  return Program(lambda base, step: base * shape(step))


class Scores:
  """Evaluations of the states of one run, which are also checked.

  Args:
    experiment: the run.
    data: its training split, from `inputs.put`; the probe batch is the first
      examples.
    eval_data: its `eval_split`, likewise.
    evaluate: the program of that name of `compiled.Compiled`.
    probe: likewise.
    layout: of a run over several devices, which share the evaluations.
  """

  def __init__(
    self,
    experiment: Experiment,
    data: Split,
    eval_data: Split,
    *,
    evaluate: Evaluation,
    probe: GradientProbe,
    layout: Layout | None = None,
  ):
    self._experiment = experiment
    self._evaluate = evaluate
    self._probe = probe
    self._layout = layout
    self._data = data
    self._eval_data = eval_data
    is_test = experiment.eval_split is experiment.dataset.test
    self._eval_name = 'test' if is_test else 'validation'
    # The last evaluation: its step and values.
    self._evaluated: tuple[int, Record] = (-1, {})

  @functools.cached_property
  def _probed(self) -> tuple[Split, np.ndarray]:
    """Data on the device, and the indices in them of the probe batch."""
    size = self._experiment.config.gradient_flow.probe_size
    rows = np.arange(min(size, len(self._data.labels)), dtype=np.int32)
    return inputs.picked(self._data, rows)

  def ahead(self, threads: Threads, state: TrainState) -> None:
    """Compiles the programs for an abstract state in threads.

    See `training.ahead`. Those of streamed data are left to their calls.
    """
    masks = state.mask_state.masks
    facts.ahead(threads, state.params, masks, masks)
    experiment = self._experiment
    base = experiment.member.optimizer['learning_rate']
    _rate(experiment).ahead(threads, base, np.int32(0))
    if experiment.streamed:
      return
    net, size = (state.params, state.model_state), experiment.config.eval
    for data in (self._eval_data, experiment.dataset.test):
      self._evaluate.ahead(threads, *net, data, size.batch_size)
    if experiment.plan.probe_interval or experiment.plan.probe_updates:
      key = experiment.member.key
      arguments = state.params, masks, state.model_state, key, *self._probed
      self._probe.ahead(threads, *arguments)

  def record(self, state: TrainState) -> Record:
    """Returns the entries of an evaluation record.

    Raises:
      BrokenInvariant: weights, masks and counts do not agree.
    """
    experiment = self._experiment
    updater = experiment.updater
    active = checked_active(state, updater, experiment.target_counts)
    seen = forward_params(updater, state.params, state.mask_state)
    values = self._score(seen, state, self._eval_data)
    self._evaluated = int(state.step), values
    return {
      **{f'eval_{name}': value for name, value in values.items()},
      'sparsity': summary.sparsity(experiment, active),
      'layer_sparsity': summary.layer_sparsity(experiment, active),
    }

  def probe(self, state: TrainState) -> Record:
    """Returns the entries of a probe: the masked gradient on a fixed batch.

    `first_order_decrease` is the decrease of the loss, to first order, by a
    plain gradient step at the learning rate of the next step. All probes use
    the same examples and, where the model has dropout, the same key.
    """
    member = self._experiment.member
    updater = self._experiment.updater
    flow = self._probe(
      forward_params(updater, state.params, state.mask_state),
      state.mask_state.masks,
      state.model_state,
      prng.stream(member.key, 'probe'),
      *self._probed,
    )
    flow = jax.device_get(flow)
    return {
      'probe_loss': float(flow.loss),
      'first_order_decrease': first_order_decrease(
        self._experiment, flow.norm, state.step
      ),
      'gradient_norm': float(flow.norm),
      'gradient_norm_per_weight': float(flow.per_weight),
      'effective_gradient_flow': float(flow.layer_mean),
      'layer_gradient_norm': {
        path: float(norm) for path, norm in paths.flatten(flow.leaves).items()
      },
    }

  def loss(self, state: TrainState) -> float:
    """Returns the loss on the first batch of the evaluations."""
    size = self._experiment.config.eval.batch_size
    rows = np.arange(min(size, len(self._eval_data.labels)), dtype=np.int32)
    rows = np.resize(rows, (1, size))
    data, places = inputs.picked(self._eval_data, rows)
    updater = self._experiment.updater
    seen = forward_params(updater, state.params, state.mask_state)
    ones = np.ones(places.shape, np.float32)
    values = self._evaluate(seen, state.model_state, data, (places, ones))
    return float(values['loss'])

  def last_rate(self, done: int) -> float:
    """Returns the learning rate of the last of `done` steps."""
    return float(learning_rate(self._experiment, done - 1))

  def final(
    self, state: TrainState
  ) -> tuple[dict[str, float], dict[Path, int]]:
    """Returns the scores of the state at the end, and active weights by path.

    Returns:
      `test_accuracy`, and with a validation split `validation_accuracy`; for
      text also `test_bits` and `validation_bits`, per character; and the
      active weights.

    Raises:
      BrokenInvariant: weights, masks and counts do not agree.
    """
    experiment = self._experiment
    dataset, put = experiment.dataset, inputs.put
    splits = {'test': put(dataset.test, self._layout)}
    if dataset.validation is not None:
      splits['validation'] = put(dataset.validation, self._layout)
    updater = experiment.updater
    active = checked_active(
      state, updater, experiment.target_counts, final=True
    )
    seen = forward_params(updater, state.params, state.mask_state)
    scores: dict[str, float] = {}
    step, evaluated = self._evaluated
    for name, data in splits.items():
      again = step == int(state.step) and name == self._eval_name
      values = evaluated if again else self._score(seen, state, data)
      for metric in experiment.metrics:
        scores[f'{name}_{metric.name}'] = values[metric.name]
    return scores, active

  def _score(self, seen: Params, state: TrainState, data: Split) -> Record:
    """Returns loss and metrics of `seen`, the masked params, on all `data`."""
    config = self._experiment.config
    size, workers = config.eval.batch_size, config.data.workers
    with inputs.scored(data, size, workers) as (examples, batches):
      rows = self._layout.rows if self._layout else np.asarray
      placed = [map(rows, part) for part in batches]
      return self._evaluate(seen, state.model_state, examples, placed)
