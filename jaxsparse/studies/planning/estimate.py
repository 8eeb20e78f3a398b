"""Estimates of training time, and counts of the programs to compile."""

import collections
import contextlib
import functools
import json
import pathlib
import statistics
import time
from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.config import identity
from jaxsparse.config.dicts import flat
from jaxsparse.data.datasets import Split
from jaxsparse.runs import workdir
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import abstract_state, dispatch
from jaxsparse.runs.scoring import batch_of
from jaxsparse.training.state import Recipe
from jaxsparse.training.step import train_step

# Seconds of a step besides its matrix products, and (`_SLOWER`) how much slower
# these are than one large product: roughly, of small nets on two kinds of CPU.
_OVERHEAD = 3e-4
# Seconds to trace and compile a program of a small net, as roughly.
COMPILING = 2.0
_SLOWER = 3.0
_SIZE = 512
_DAY = 24 * 3600
PROGRAMS = ('train step', 'mask step', 'evaluation', 'probe')
# Fields that do not affect the time, besides floats of the method.
_NUMBERS = (
  'seed',
  'optimizer.learning_rate',
  'optimizer.weight_decay',
  'init.checkpoint',
  'init.checkpoint_step',
  'init.masks',
  'init.masks_step',
  'init.signs',
  'init.signs_step',
  'init.shuffle_masks',
  'init.shuffle_scope',
  'init.counts',
  'pruning.level',
  'data.dir',
  'checkpoint.keep',
)


class TimeEstimate(NamedTuple):
  """Seconds, and whether they are a rough estimate."""

  seconds: float
  rough: bool


class Estimates:
  """Times of members, from the finished members in a runs folder.

  Args:
    runs_dir: with the directories of finished members.
  """

  def __init__(self, runs_dir: pathlib.Path):
    self._taken: dict[tuple[str, str], list[float]] = {}
    self._flops: dict[tuple[Recipe, int], float] = {}
    for path in sorted(runs_dir.glob(f'*/{workdir.SUMMARY}')):
      with contextlib.suppress(ValueError, KeyError):  # A user's other files.
        self._read(path.parent)

  def whole(self, experiment: Experiment, how: str) -> TimeEstimate:
    """Returns the training time of a member from its start.

    Args:
      experiment: of the member.
      how: 'one_by_one' or 'vmap'. With vmap the time is the member's fraction
        of the time of all members trained together.

    Returns:
      The median over finished members that are alike and were trained the
      same way, compilation included; else a rough estimate from FLOPs,
      without compilation.
    """
    times = self._taken.get((_likeness(experiment.config), how))
    if times:
      return TimeEstimate(statistics.median(times), rough=False)
    step = _OVERHEAD + _SLOWER * self._step_flops(experiment) / _peak()
    return TimeEstimate(experiment.plan.length * step, rough=True)

  def _step_flops(self, experiment: Experiment) -> float:
    key = experiment.recipe, experiment.config.batch_size
    if key not in self._flops:
      self._flops[key] = _step_flops(experiment)
    return self._flops[key]

  def _read(self, root: pathlib.Path) -> None:
    summary = workdir.finished(root) or {}
    config = workdir.read_config(root)
    if summary.get('wall_seconds'):
      how = summary.get('execution', {}).get('how', 'one_by_one')
      times = self._taken.setdefault((_likeness(config), how), [])
      times.append(summary['wall_seconds'])


def _likeness(config: identity.Config) -> str:
  """Returns a key that is equal for members of equal training time."""
  fields = flat(identity.jsonable(config))
  relevant = {
    field: value
    for field, value in fields.items()
    if field not in _NUMBERS
    and not (field.startswith(('updater.', 'init.')) and type(value) is float)
  }
  return json.dumps(relevant, sort_keys=True)


def _step_flops(experiment: Experiment) -> float:
  """Counts the FLOPs of a train step, which is lowered but not compiled."""
  indices = jax.ShapeDtypeStruct((experiment.config.batch_size,), jnp.int32)
  batch = jax.eval_shape(
    batch_of(experiment.pixels), experiment.dataset.train, indices
  )
  # What is within a loop, as micro-batches are, would be counted once.
  recipe = experiment.recipe._replace(anchors='', accumulation=1)
  lowered = jax.jit(train_step(recipe)).lower(
    abstract_state(experiment), experiment.member, batch
  )
  return float((lowered.cost_analysis() or {}).get('flops', 0.0))


@functools.cache
def _peak() -> float:
  """Measures the FLOPs per second of a square matrix product."""
  multiply = jax.jit(lambda x: x @ x)
  x = jnp.ones((_SIZE, _SIZE), jnp.float32)
  multiply(x).block_until_ready()
  began, times = time.perf_counter(), 5
  for _ in range(times):
    multiply(x).block_until_ready()
  return times * 2 * _SIZE**3 / (time.perf_counter() - began)


def programs(experiments: Iterable[Experiment]) -> dict[str, int]:
  """Counts the programs that all experiments compile, by kind of program.

  Members that differ only in the values of numbers use the same programs. A
  program is counted once per set of functions and array shapes.
  """
  distinct = {program for e in experiments for program in _programs(e)}
  number = collections.Counter(kind for kind, *_ in distinct)
  return {kind: number[kind] for kind in PROGRAMS}


def _programs(experiment: Experiment) -> Iterator[tuple[Hashable, ...]]:
  plan, config, data = experiment.plan, experiment.config, experiment.dataset
  train = _shapes(data.train)
  step = experiment.recipe, config.batch_size, train
  yield 'train step', step, dispatch(experiment), plan.chunk
  if plan.mask_steps:
    yield 'mask step', step
  task = experiment.task, experiment.pixels
  for split in (experiment.eval_split, data.test):
    yield 'evaluation', task, config.eval.batch_size, _shapes(split)
  if plan.probe_interval or plan.probe_updates:
    size = min(config.gradient_flow.probe_size, len(data.train.labels))
    yield 'probe', task, size, train, experiment.recipe.rematerialise


def _shapes(split: Split) -> Hashable:
  return split.images.shape, split.labels.shape


def duration(seconds: float) -> str:
  """Formats seconds: '40 s', '3 min 20 s', '2 h 5 min', '1,200 days'."""
  rounded = max(1, round(seconds))
  if rounded < 60:
    return f'{rounded} s'
  if rounded < 3600:
    return f'{rounded // 60} min {rounded % 60} s'
  if rounded >= 3 * _DAY:
    return f'{round(rounded / _DAY):,} days'
  return f'{rounded // 3600} h {rounded % 3600 // 60} min'
