"""A run in spans of equal masks: what was active, and which gradients it took.

Which gradients a method reads is found by tracing it, so that no method has to
say so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.interpreters import partial_eval

from jaxsparse.core import masks as masks_lib
from jaxsparse.core.types import MaskUpdater, Path
from jaxsparse.experiments.build import Experiment, total_sizes
from jaxsparse.training.state import TrainState

Record = Mapping[str, Any]
# Of each masked leaf; exact, also where it is a mean.
Active = Mapping[Path, int | Fraction]


class Span(NamedTuple):
  """Steps with masks of the same counts.

  Attributes:
    steps: how many.
    full: in how many of them the gradient of all weights is read.
    active: active weights of each masked leaf.
  """

  steps: int
  full: int
  active: Active


def spans(
  experiment: Experiment, state: TrainState, records: Iterable[Record]
) -> list[Span] | None:
  """The spans of a replicate, in order.

  Args:
    experiment: the run.
    state: of the replicate; shapes and dtypes are looked at.
    records: its own, of `metrics.jsonl`; what a method that keeps the counts
      of its layers wrote there is not looked at.

  Returns:
    `None` if the records do not tell how many weights were active at a time.
  """
  plan, updater = experiment.plan, updater_of(experiment)
  always = _reads_gradient(updater.observe, state)
  on_updates = bool(plan.mask_steps) and _reads_gradient(updater.update, state)
  if updater.invariant in ('per_leaf', 'dense'):
    sizes = total_sizes(experiment)
    dense = updater.invariant == 'dense'
    active = sizes if dense else experiment.target_counts
    full = len(plan.mask_steps) if on_updates else 0
    return [Span(plan.num_steps, plan.num_steps if always else full, active)]
  begins = [0, *(step + 1 for step in plan.mask_steps)]
  found = _recorded(experiment, records)
  if not found.keys() >= {*begins}:
    return None
  # A mask step is the last of its span.
  lengths = [
    end - begin
    for begin, end in zip(begins, [*begins[1:], plan.num_steps], strict=True)
  ]
  updates = [on_updates] * len(plan.mask_steps) + [False]
  return [
    Span(length, length if always else int(update), found[begin])
    for begin, length, update in zip(begins, lengths, updates, strict=True)
  ]


def mean(spans: Sequence[Span], weights: Sequence[int]) -> Active:
  """Mean active weights of each leaf; every span counts so many times."""
  total = sum(weights)
  return {
    path: Fraction(
      sum(w * span.active[path] for span, w in zip(spans, weights, strict=True))
    )
    / total
    for path in spans[0].active
  }


def trained(experiment: Experiment, state: TrainState) -> Active | None:
  """The weights whose gradient a step computes; `None` if the active ones.

  Args:
    experiment: the run.
    state: of a replicate, at its end.
  """
  updater = updater_of(experiment)
  if updater.trained is MaskUpdater._field_defaults['trained']:
    return None
  sizes = total_sizes(experiment)
  own = masks_lib.active_by_path(updater.trained(state.mask_state))
  return {path: own.get(path, size) for path, size in sizes.items()}


def updater_of(experiment: Experiment) -> MaskUpdater:
  """The method of a run."""
  return experiment.recipe.updater(experiment.members[0])


def _recorded(
  experiment: Experiment, records: Iterable[Record]
) -> dict[int, Active]:
  """Active weights after so many steps: at the start, and at mask steps."""
  found: dict[int, Active] = {}
  for record in records:
    if 'layer_active' in record:
      found[record['step']] = record['layer_active']
    elif record['step'] == 0:
      sizes = total_sizes(experiment)
      sparsity = record['layer_sparsity']
      found[0] = {p: round((1 - sparsity[p]) * n) for p, n in sizes.items()}
  return found


def _reads_gradient(fn: Callable[..., Any], state: TrainState) -> bool:
  """Whether what `update` or `observe` of a method gives hangs on gradients."""

  def call(grads, mask_state, params, step, key):
    return fn(grads, mask_state, params, step=step, key=key)

  jaxpr = jax.make_jaxpr(call)(
    state.params,
    state.mask_state,
    state.params,
    jax.ShapeDtypeStruct((), jnp.int32),
    jax.eval_shape(jax.random.key, 0),
  ).jaxpr
  _, used = partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
  return any(used[: len(jax.tree.leaves(state.params))])
