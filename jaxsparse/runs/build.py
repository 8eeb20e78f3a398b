"""Builds the objects of a run from its config. Nothing compiles here."""

import dataclasses
import functools
import itertools
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import linen as nn

from jaxsparse.config.lengths import in_steps
from jaxsparse.config.resolve import resolve
from jaxsparse.config.run_config import DataConfig, RunConfig
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths
from jaxsparse.core.types import Counts, MaskUpdater, Params, Path
from jaxsparse.data import datasets, order, records
from jaxsparse.data.pixels import Pixels
from jaxsparse.metrics import Metric
from jaxsparse.runs import (
  checks,
  preprocessing,
  reading,
  recipes,
  scoring_checks,
)
from jaxsparse.runs.targets import counts_after_rounds, target_counts
from jaxsparse.training.plan import Plan
from jaxsparse.training.state import Member, Recipe
from jaxsparse.training.task import Task

# Section `data` of a config -> data set.
Read = Callable[[DataConfig], datasets.Dataset]


class Experiment(NamedTuple):
  """A run, ready to start.

  Attributes:
    config: complete, with all lengths in steps.
    dataset: in host memory or on disk; or its shapes and dtypes alone.
    eval_split: the split of the evaluations during training.
    module: the model.
    task: the model with its loss.
    metrics: of its evaluations.
    recipe: the functions of the train and mask steps.
    params: the abstract params.
    counts: active weights of each masked leaf at the end of the run.
    member: its traced hyperparameters.
    plan: the schedule; its mask steps are those that the method takes.
    batches: `(begin, end) -> int32 [end - begin, batch]`.
  """

  config: RunConfig
  dataset: datasets.Dataset
  eval_split: datasets.Split
  module: nn.Module
  task: Task
  metrics: tuple[Metric, ...]
  recipe: Recipe
  params: Params
  counts: Counts
  member: Member
  plan: Plan
  batches: Callable[[int, int], np.ndarray]

  @property
  def kept_steps(self) -> tuple[int, ...]:
    """Steps whose checkpoints remain when the run has ended."""
    plan, newest = self.plan, self.config.checkpoint.keep
    planned = filter(plan.saves, range(plan.num_steps, plan.begin - 1, -1))
    last = itertools.islice(planned, newest)
    steps = {plan.begin, *plan.keep_steps, *last}
    return tuple(sorted(step for step in steps if step >= plan.begin))

  @property
  def updater(self) -> MaskUpdater:
    """The method, with the run's numbers."""
    return recipes.by_masks(self.recipe.updater(self.member), self.config)

  @property
  def streamed(self) -> bool:
    """True if the data stay on disk."""
    return records.is_stored(self.dataset.train.images)

  @property
  def is_text(self) -> bool:
    """True if the data are characters, each predicted from those before."""
    return self.dataset.scale is None

  @property
  def example(self) -> tuple[jax.ShapeDtypeStruct, jax.ShapeDtypeStruct]:
    """Abstract batch of one: inputs as the model takes them, and labels."""
    return reading.example(self.dataset)

  @property
  def pixels(self) -> Pixels:
    """Scaling and normalisation of the pixels of `dataset`."""
    return preprocessing.pixels(self.config.data, self.dataset.scale)

  @property
  def target_counts(self) -> dict[Path, int]:
    """Counts by path."""
    return paths.flatten(self.counts)


def build(config: Any, read: Read = reading.dataset) -> Experiment:
  """Builds the run that a config describes.

  Args:
    config: a `ConfigDict` made by `config.default_config`, or nested dicts.
    read: returns the data set of a section `data`. With `reading.describe` the
      data may be absent: enough to plan with, not to train.

  Raises:
    ValueError: names the wrong field, its value, and what is accepted.
  """
  run = resolve(config)
  checks.check_names(run)
  data = run.data
  dataset = read(data)
  run = in_steps(run, len(dataset.train.labels))
  preprocessing.check(data, dataset.train.images.shape[1:])
  scoring_checks.check_scoring(
    run,
    dataset.num_classes,
    len(dataset.train.labels),
    is_text=dataset.scale is None,
  )
  seedless = dataclasses.replace(run, seed=0)
  net = _net(
    seedless,
    # Equal configs may differ in types of their numbers, which count.
    repr(seedless),
    reading.example(dataset),
    dataset.num_classes,
    dataset.scale is None,
  )
  return Experiment(
    config=run,
    dataset=dataset,
    eval_split=reading.eval_split(run.eval.split, dataset),
    member=_member(run, net.counts),
    batches=functools.partial(_batches, run, len(dataset.train.labels)),
    **net._asdict(),
  )


class _Net(NamedTuple):
  """The parts of an `Experiment` that do not depend on its seed."""

  module: nn.Module
  task: Task
  metrics: tuple[Metric, ...]
  recipe: Recipe
  params: Params
  counts: Counts
  plan: Plan


@functools.lru_cache(maxsize=32)
def _net(
  run: RunConfig,
  text: str,
  example: tuple[jax.ShapeDtypeStruct, jax.ShapeDtypeStruct],
  num_classes: int,
  is_text: bool,
) -> _Net:
  """Builds the net of a run and its steps, and checks them."""
  del text
  model, inputs = run.model, example[0]
  module = recipes.module(model, num_classes)
  task = recipes.task(module, run.task, run.label_smoothing)
  metrics = recipes.metrics(run.metrics, is_text=is_text)
  variables = checks.shapes(model.name, task, inputs)
  checks.check_logits(model.name, task, variables, example, num_classes)
  params = variables[0]
  counts = counts_after_rounds(
    run.pruning, target_counts(run.updater, task, params, inputs), params
  )
  recipe = recipes.recipe(run, task, num_classes)
  member = _member(run, counts)
  checks.check_init(
    run.init, recipes.initialiser(run.init), member, params, counts
  )
  kwargs = recipes.updater_kwargs(run.updater)
  updater = checks.checked_updater(run, member, kwargs)
  scoring_checks.warn(run, updater, params, counts)
  checks.check_optimizer(recipe, recipes.by_masks(updater, run), member, params)
  plan = _plan(run, updater)
  return _Net(module, task, metrics, recipe, params, counts, plan)


def total_sizes(experiment: Experiment) -> dict[Path, int]:
  """Returns the size of each masked leaf by path."""
  return masks_lib.sizes_by_path(
    masks_lib.map_masks(lambda p, _: p, experiment.params, experiment.counts)
  )


def seed_words(config: RunConfig, stream: str) -> tuple[int, ...]:
  """Returns the seed of a named random stream of a run on the host."""
  draw = config.draws.get(stream)
  further = () if draw is None else (draw,)
  return config.seed, zlib.crc32(stream.encode()), *further


def _member(config: RunConfig, counts: Counts) -> Member:
  optimizer = {
    'learning_rate': np.float32(config.optimizer.learning_rate),
    'weight_decay': np.float32(config.optimizer.weight_decay),
  }
  return Member(
    key=jax.random.key(config.seed),
    counts=jax.tree.map(np.int32, counts),
    optimizer=optimizer,
    updater=recipes.numbers(recipes.updater_kwargs(config.updater)),
    init=recipes.numbers(config.init.hyperparameters),
    draws={name: np.uint32(draw) for name, draw in config.draws.items()},
  )


def _plan(config: RunConfig, updater: MaskUpdater) -> Plan:
  start, stop = checks.window(config.updater, updater)
  return Plan(
    num_steps=config.num_steps,
    update_interval=config.updater.update_interval,
    start_step=start,
    stop_step=stop,
    log_interval=config.log_interval,
    eval_interval=config.eval.interval,
    checkpoint_interval=config.checkpoint.interval,
    keep_steps=config.checkpoint.keep_steps,
    begin=config.init.start_step,
    probe_interval=config.gradient_flow.interval,
    probe_updates=config.gradient_flow.at_updates,
  )


def _batches(config: RunConfig, size: int, begin: int, end: int) -> np.ndarray:
  words = seed_words(config, 'order')
  return order.batch_indices(words, size, config.batch_size, begin, end)
