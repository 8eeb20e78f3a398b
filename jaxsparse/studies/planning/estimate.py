"""How long members will take: as finished ones like them did, else roughly."""

import contextlib
import functools
import json
import pathlib
import statistics
import time
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.config import identity
from jaxsparse.config.fields import Plain, flat
from jaxsparse.runs import workdir
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import abstract_state, batch_of
from jaxsparse.training.step import Recipe, train_step

# What a step takes beside its matrix products, in seconds, and how much slower
# these are than one large product: of small nets on two kinds of CPU, roughly.
_OVERHEAD = 3e-4
# To trace and compile a program of a small net, in seconds, as roughly.
COMPILING = 2.0
_SLOWER = 3.0
_SIZE = 512
_DAY = 24 * 3600
# Fields that change nothing about the time, besides floats of the method.
_NUMBERS = (
  'seed',
  'optimizer.learning_rate',
  'optimizer.weight_decay',
  'init.checkpoint',
  'init.checkpoint_step',
  'init.masks',
  'init.masks_step',
  'init.shuffle_masks',
  'init.counts',
  'data.dir',
  'checkpoint.keep',
)


class Estimate(NamedTuple):
  """Seconds, and whether they are but roughly known."""

  seconds: float
  rough: bool


class Estimates:
  """Times of members, from what lies in a runs folder.

  Args:
    runs_dir: with the directories of finished members.
  """

  def __init__(self, runs_dir: pathlib.Path):
    self._taken: dict[tuple[str, str], list[float]] = {}
    self._flops: dict[tuple[Recipe, int], float] = {}
    for path in sorted(runs_dir.glob(f'*/{workdir.SUMMARY}')):
      with contextlib.suppress(ValueError, KeyError):  # Of somebody's own.
        self._read(path.parent)

  def whole(self, experiment: Experiment, how: str) -> Estimate:
    """The time of a member from its start.

    Args:
      experiment: of the member.
      how: it is carried, 'one_by_one' or 'vmap'. By vmap it is the member's
        part of the time that members take together.

    Returns:
      The median of finished members like it that were carried so, with the
      compiling that they did; else a rough one of its steps alone.
    """
    taken = self._taken.get((_likeness(experiment.config), how))
    if taken:
      return Estimate(statistics.median(taken), rough=False)
    step = _OVERHEAD + _SLOWER * self._step_flops(experiment) / _peak()
    return Estimate(experiment.plan.num_steps * step, rough=True)

  def _step_flops(self, experiment: Experiment) -> float:
    key = experiment.recipe, experiment.config['batch_size']
    if key not in self._flops:
      self._flops[key] = _step_flops(experiment)
    return self._flops[key]

  def _read(self, root: pathlib.Path) -> None:
    summary = workdir.finished(root) or {}
    config = workdir.read_config(root)
    if config['replicates'] == 1 and summary.get('wall_seconds'):
      how = summary.get('carry', {}).get('how', 'one_by_one')
      taken = self._taken.setdefault((_likeness(config), how), [])
      taken.append(summary['wall_seconds'])


def _likeness(settled: Plain) -> str:
  """What members have in common that take the same time."""
  fields = flat(identity.jsonable(settled))
  kept = {
    field: value
    for field, value in fields.items()
    if field not in _NUMBERS
    and not (field.startswith(('updater.', 'init.')) and type(value) is float)
  }
  return json.dumps(kept, sort_keys=True)


def _step_flops(experiment: Experiment) -> float:
  """Floating-point operations of a train step; lowered, not compiled."""
  indices = jax.ShapeDtypeStruct((experiment.config['batch_size'],), jnp.int32)
  batch = jax.eval_shape(
    batch_of(experiment.pixels), experiment.dataset.train, indices
  )
  lowered = jax.jit(train_step(experiment.recipe)).lower(
    abstract_state(experiment), experiment.members[0], batch
  )
  return float((lowered.cost_analysis() or {}).get('flops', 0.0))


@functools.cache
def _peak() -> float:
  """Operations a second of a square matrix product, here and now."""
  multiply = jax.jit(lambda x: x @ x)
  x = jnp.ones((_SIZE, _SIZE), jnp.float32)
  multiply(x).block_until_ready()
  began, times = time.perf_counter(), 5
  for _ in range(times):
    multiply(x).block_until_ready()
  return times * 2 * _SIZE**3 / (time.perf_counter() - began)


def duration(seconds: float) -> str:
  """'40 s', '3 min 20 s', '2 h 5 min', '1,200 days'."""
  whole = max(1, round(seconds))
  if whole < 60:
    return f'{whole} s'
  if whole < 3600:
    return f'{whole // 60} min {whole % 60} s'
  if whole >= 3 * _DAY:
    return f'{round(whole / _DAY):,} days'
  return f'{whole // 3600} h {whole % 3600 // 60} min'
