"""Small-Dense and Big-Sparse: baselines of a config, of equal size.

Evci et al. 2020, "Rigging the Lottery". A config file of one is made of that of
any sparse run, here of RigL's on ImageNet:

    from jaxsparse.runs import baselines
    from jaxsparse.studies import config_files

    def get_config():
      config = config_files.load_config('imagenet/resnet50_rigl')
      return baselines.small_dense(config)

`python -m launch.width` says the width, to be written into a config or a study
as it is (`model.width=0.462`): to find that of a deep net takes seconds.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from jaxsparse.analysis import flops, widths
from jaxsparse.config.fields import Plain, flat
from jaxsparse.core import choices
from jaxsparse.core.types import Counts, Params
from jaxsparse.models._layers import widened
from jaxsparse.runs import recipes
from jaxsparse.runs.build import Experiment, build
from jaxsparse.runs.targets import target_counts

Size = Callable[[Params, Counts | None], int]


def _bytes(params: Params, counts: Counts | None) -> int:
  exempt = jax.tree.map(lambda _: None, params)
  return flops.bitmask_bytes(params, exempt if counts is None else counts)


SIZES: dict[str, Size] = {'bytes': _bytes, 'parameters': widths.parameters}


class Baseline(NamedTuple):
  """A net as large as another.

  Attributes:
    fields: what of the other's config is changed: field -> value.
    width: how wide it is: the model's own `width`, or what its `features` are
      multiplied by.
    size: its size.
    budget: that of the other.
  """

  fields: Plain
  width: float
  size: int
  budget: int


def find_small_dense(config: Any, *, size: str = 'bytes') -> Baseline:
  """The widest dense net that is no larger than a sparse one.

  Args:
    config: of the sparse run; its data set need not be there.
    size: what is equal: `bytes` (active weights of 4 bytes, and a bit for each
      position of a sparse layer, as in the paper) or `parameters`.

  Raises:
    ValueError: what `build` refuses, no such size, a model that has no width
      to choose, or none that is small enough.
  """
  count, run = _size(size), build(config, without_data=True)
  budget = count(run.params, run.counts)
  found = widths.widest(
    lambda width: count(_params(run, _model(run, width)), None), budget
  )
  dense = {'name': 'dense', 'sparsity': 0.0, 'dense_first': False, 'layers': ()}
  fields = {f'updater.{field}': value for field, value in dense.items()}
  return _baseline(run, fields, found, budget)


def find_big_sparse(config: Any, *, size: str = 'bytes') -> Baseline:
  """The widest net at the config's sparsity that is no larger than when dense.

  As large as the net of the config would be without zeros, that is. Arguments
  and errors are those of `find_small_dense`.
  """
  count, run = _size(size), build(config, without_data=True)

  def at(width: float) -> int:
    section = _model(run, width)
    task = recipes.task(recipes.module(section, run.dataset.num_classes))
    params = _params(run, section)
    counts = target_counts(run.config['updater'], task, params, run.example[0])
    return count(params, counts)

  budget = count(run.params, None)
  return _baseline(run, {}, widths.widest(at, budget), budget)


def small_dense(config: Any, *, size: str = 'bytes') -> Any:
  """The config of `find_small_dense`; everything else is as it was."""
  return _changed(config, find_small_dense(config, size=size))


def big_sparse(config: Any, *, size: str = 'bytes') -> Any:
  """The config of `find_big_sparse`; everything else is as it was."""
  return _changed(config, find_big_sparse(config, size=size))


def _size(name: str) -> Size:
  choices.check(f'size is {name!r}', name, SIZES)
  return SIZES[name]


def _model(run: Experiment, width: float) -> Plain:
  """The section `model` of a run at another width."""
  section = run.config['model']
  if 'width' in section:
    return section | {'width': width}
  if 'features' in section:
    return section | {'features': widened(section['features'], width)}
  raise ValueError(
    f'config.model ({section["name"]}) has neither a width nor features;'
    ' accepted are models that have'
  )


def _params(run: Experiment, section: Plain) -> Params:
  task = recipes.task(recipes.module(section, run.dataset.num_classes))
  return jax.eval_shape(task.init, jax.random.key(0), run.example[0])[0]


def _baseline(
  run: Experiment, fields: Plain, found: widths.Fit, budget: int
) -> Baseline:
  model = _model(run, found.width)
  fields = fields | {f'model.{field}': value for field, value in model.items()}
  own = flat(run.config)
  changed = {k: v for k, v in fields.items() if v != own[k]}
  return Baseline(changed, *found, budget)


def _changed(config: Any, found: Baseline) -> Any:
  changed = config.copy_and_resolve_references()
  for field, value in found.fields.items():
    section, name = field.split('.')
    changed[section][name] = value
  return changed
