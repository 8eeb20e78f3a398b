"""The structure of the masks of a run, during training and in its summary.

The number of dead units, the churn of each mask step, and, of a run that
remembers its masks, the fraction of the net that was ever active.
"""

import statistics
from collections.abc import Sequence

import jax
import jax.numpy as jnp

from jaxsparse.analysis import exploration
from jaxsparse.core.types import Masks
from jaxsparse.core.units import DeadUnits, dead_units
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.mask_segments import Record, recorded
from jaxsparse.training.ahead import Program
from jaxsparse.training.sharding import fetch
from jaxsparse.training.state import TrainState

Entries = dict[str, int | float]


def of_state(state: TrainState) -> Entries:
  """Returns the entries of an evaluation record on the masks of a state.

  Returns:
    `dead_inputs`: input units without active outputs, summed over layers;
    `dead_outputs`: output units without active inputs; and of a method that
    remembers its masks `exploration_rate`, the fraction of weights that were
    ever active, in [0, 1] (see `analysis.exploration`).
  """
  inputs, outputs = jax.device_get(dead_units_in(state.mask_state.masks))
  entries: Entries = {'dead_inputs': int(inputs), 'dead_outputs': int(outputs)}
  if isinstance(state.mask_state.inner, exploration.Remembered):
    seen = fetch(exploration.ever_active(state.mask_state))
    entries['exploration_rate'] = exploration.exploration_rate(seen)[0]
  return entries


def of_run(
  experiment: Experiment, state: TrainState, records: Sequence[Record]
) -> Entries:
  """Returns the entries of `summary.json` on the masks of a run.

  Args:
    experiment: the run.
    state: at the end.
    records: of `metrics.jsonl`.

  Returns:
    The entries of `of_state` and, of a run with mask steps, `mask_churn`.
  """
  return of_state(state) | churn(experiment, records)


def churn(experiment: Experiment, records: Sequence[Record]) -> Entries:
  """Returns `mask_churn`: the fraction of active weights that mask steps drop.

  Over all layers together, in [0, 1]; the mean over mask steps.

  Args:
    experiment: the run.
    records: of `metrics.jsonl`, in order.

  Returns:
    Empty where there was no mask step.
  """
  active, shares = recorded(experiment, records), []
  for record in records:
    earlier = [step for step in active if step < record['step']]
    if 'churn' in record and earlier:
      before = active[max(earlier)]
      gone = sum(part * before[path] for path, part in record['churn'].items())
      shares.append(float(gone / max(sum(before.values()), 1)))
  return {'mask_churn': statistics.fmean(shares)} if shares else {}


@Program
def dead_units_in(masks: Masks) -> tuple[jax.Array, jax.Array]:
  """Counts dead inputs and outputs, summed over the leaves that have units."""
  kernels = jax.tree.map(lambda m: m if m.ndim > 1 else None, masks)
  dead = jax.tree.leaves(
    dead_units(kernels), is_leaf=lambda x: isinstance(x, DeadUnits)
  )
  zero = jnp.int32(0)
  return (
    sum((units.inputs for units in dead), start=zero),
    sum((units.outputs for units in dead), start=zero),
  )
