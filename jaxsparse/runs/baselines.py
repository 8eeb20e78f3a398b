"""Small-Dense and Big-Sparse: baselines of a config, of equal size.

Evci et al. 2020, "Rigging the Lottery". The config file of a baseline
derives from that of any sparse run, here RigL on ImageNet:

    from jaxsparse.runs import baselines
    from jaxsparse.studies import config_files

    def get_config():
      config = config_files.load_config('imagenet/resnet50:rigl')
      return baselines.small_dense(config)

`python -m launch.width` prints the width, to be copied into a config or a
study (`model.width=0.462`): the search takes seconds for a deep net.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from jaxsparse.analysis import flops, widths
from jaxsparse.config import dicts
from jaxsparse.config.overrides import override
from jaxsparse.config.run_config import ModelConfig
from jaxsparse.core import choices
from jaxsparse.core.types import Counts, Params
from jaxsparse.models._layers import widened
from jaxsparse.runs import reading, recipes
from jaxsparse.runs.build import Experiment, build
from jaxsparse.runs.targets import target_counts

Size = Callable[[Params, Counts | None], int]


def _bytes(params: Params, counts: Counts | None) -> int:
  exempt = jax.tree.map(lambda _: None, params)
  return flops.bitmask_bytes(params, exempt if counts is None else counts)


SIZES: dict[str, Size] = {'bytes': _bytes, 'parameters': widths.parameters}


class Baseline(NamedTuple):
  """A net as large as a reference net.

  Attributes:
    fields: changes to the config of the reference: field -> value.
    width: its width: the model's own `width`, or the factor that its
      `features` are multiplied by.
    size: its size.
    budget: the size of the reference.
  """

  fields: dict[str, Any]
  width: float
  size: int
  budget: int


def find_small_dense(config: Any, *, size: str = 'bytes') -> Baseline:
  """Finds the widest dense net that is no larger than a sparse one.

  Args:
    config: of the sparse run; its data set may be absent.
    size: the measure of size: `bytes` (4 for each active weight, and a bit for
      each position of a sparse layer, as in the paper) or `parameters`.

  Raises:
    ValueError: `build` refuses the config, the size is unknown, the model has
      no width to choose, or no width is small enough.
  """
  count, run = _size(size), build(config, reading.describe)
  budget = count(run.params, run.counts)
  fit = widths.widest(
    lambda width: count(_params(run, _model(run, width)), None), budget
  )
  dense = {'name': 'dense', 'sparsity': 0.0, 'dense_first': False, 'layers': ()}
  fields = {f'updater.{field}': value for field, value in dense.items()}
  return _baseline(run, fields, fit, budget)


def find_big_sparse(config: Any, *, size: str = 'bytes') -> Baseline:
  """Finds the widest net of the config's sparsity that fits its dense size.

  That is the size of the config's net without zeros. Arguments and errors are
  those of `find_small_dense`.
  """
  count, run = _size(size), build(config, reading.describe)

  def at(width: float) -> int:
    model = _model(run, width)
    task = recipes.task(recipes.module(model, run.dataset.num_classes))
    params = _params(run, model)
    counts = target_counts(run.config.updater, task, params, run.example[0])
    return count(params, counts)

  budget = count(run.params, None)
  return _baseline(run, {}, widths.widest(at, budget), budget)


def small_dense(config: Any, *, size: str = 'bytes') -> Any:
  """Returns the config with the changes of `find_small_dense`."""
  return override(config, find_small_dense(config, size=size).fields)


def big_sparse(config: Any, *, size: str = 'bytes') -> Any:
  """Returns the config with the changes of `find_big_sparse`."""
  return override(config, find_big_sparse(config, size=size).fields)


def _size(name: str) -> Size:
  choices.check(f'size is {name!r}', name, SIZES)
  return SIZES[name]


def _model(run: Experiment, width: float) -> ModelConfig:
  """Returns the section `model` of a run, changed to another width."""
  model, own = run.config.model, run.config.model.hyperparameters
  if 'width' in own:
    change: dict[str, Any] = {'width': width}
  elif 'features' in own:
    change = {'features': widened(own['features'], width)}
  else:
    raise ValueError(
      f'config.model ({model.name}) has neither a width nor features;'
      ' accepted are models that have'
    )
  return dataclasses.replace(model, hyperparameters=own.copy(change))


def _params(run: Experiment, model: ModelConfig) -> Params:
  task = recipes.task(recipes.module(model, run.dataset.num_classes))
  return jax.eval_shape(task.init, jax.random.key(0), run.example[0])[0]


def _baseline(
  run: Experiment, fields: dict[str, Any], found: widths.Fit, budget: int
) -> Baseline:
  model = _model(run, found.width).hyperparameters
  fields = fields | {f'model.{field}': value for field, value in model.items()}
  original = dicts.flat(run.config)
  changed = {k: v for k, v in fields.items() if v != original[k]}
  return Baseline(changed, *found, budget)
