"""Costs of a finished run, by layer: FLOPs and bytes."""

import functools
import math
import pathlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import jax

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import flops as flops_lib
from jaxsparse.core import choices, paths
from jaxsparse.core import masks as masks_lib
from jaxsparse.core.tables import aligned
from jaxsparse.core.types import Masks, Params
from jaxsparse.runs import costs, finished, workdir
from jaxsparse.runs.costs import COUNTINGS, Counting
from jaxsparse.runs.finished import Finished
from jaxsparse.training import metrics

_NUMBERS = ('active', 'weights', 'flops', 'dense_flops')
_COLUMNS = ('layer', 'shape', 'sparsity', *_NUMBERS)


def flops(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int | None = None,
  convention: str = 'multiply_adds',
) -> Result:
  """Counts the costs of a forward pass by layer, of training, and on disk.

  Costs are counted as in Evci et al. 2020, "Rigging the Lottery"; see
  `analysis.flops`.

  Args:
    workdirs: of the run.
    step: of the masks; the run's end by default.
    convention: `multiply_adds`, or `micronet`, which papers print: additions
      and multiplications, a bias and a ReLU in each layer; the image padded
      twice where the first convolution has a stride; in bytes a bias of each
      output in every layer, and no BatchNorm. It reproduces the printed numbers
      of ResNet-50. Those of MobileNet are within 0.2 %: there depthwise
      convolutions are padded twice, too, and have one output each.

  Returns:
    `inference_flops` and, of the whole run, `training_flops`, as fractions of
    a dense net's; `forward_flops` and `dense_forward_flops` of an example;
    `dense_bytes`, `bitmask_bytes`, `csr_bytes` of all params, including scales
    and biases of BatchNorm except for `micronet`. And a table by layer.

  Raises:
    ValueError: not one finished run, a step that is not kept, no convention
      of that name, or a model whose multiply-adds cannot be counted.
  """
  choices.check(f'convention is {convention!r}', convention, COUNTINGS)
  counting = COUNTINGS[convention]
  (run,) = finished.load_each(workdirs, count=1)
  macs = costs.forward(run.experiment, printed=counting.printed)
  masks = jax.device_get(finished.state(run, step).mask_state.masks)
  params = run.experiment.params
  sparse, dense = (
    flops_lib.inference(macs, params, at, convention=counting.convention)
    for at in (masks, None)
  )
  table = _table(macs, params, masks, counting.convention)
  return Result(
    {
      'inference_flops': sparse / dense,
      'training_flops': _training(run, counting),
      'forward_flops': sparse,
      'dense_forward_flops': dense,
      **_bytes(params, masks, layers_alone=counting.printed),
    },
    table,
    _text(table),
  )


def _training(run: Finished, counting: Counting) -> float:
  records = metrics.read(run.root / workdir.METRICS)
  fraction = costs.training(
    run.experiment, finished.state(run), records, counting=counting
  )
  return math.nan if fraction is None else float(fraction)


def _bytes(
  params: Params, masks: Masks, *, layers_alone: bool
) -> dict[str, int]:
  exempt = jax.tree.map(lambda _: None, params)
  size = functools.partial(flops_lib.bitmask_bytes, layers_alone=layers_alone)
  return {
    'dense_bytes': size(params, exempt),
    'bitmask_bytes': size(params, masks),
    'csr_bytes': flops_lib.csr_bytes(params, masks, layers_alone=layers_alone),
  }


def _table(
  macs: flops_lib.Macs,
  params: Params,
  masks: Masks,
  convention: flops_lib.Convention,
) -> dict[str, tuple[Any, ...]]:
  """Returns a row for each masked or multiplied leaf, and for other costs."""
  active = masks_lib.active_by_path(masks)
  sparse, dense = (
    paths.flatten(flops_lib.by_leaf(macs, params, at, convention=convention))
    for at in (masks, None)
  )
  rows = []
  for path, leaf in paths.flatten(params).items():
    size, cost = math.prod(leaf.shape), (sparse[path], dense[path])
    if path in active or any(cost):
      nnz = active.get(path, size)
      shape = 'x'.join(map(str, leaf.shape))
      rows.append((path, shape, 1 - nnz / size, nnz, size, *map(float, cost)))
  for kind, count in macs.rest.items():
    alike = float(convention(Fraction(count), 0))
    rows.append((kind, '', 0.0, 0, 0, alike, alike))
  return dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))


def _text(table: dict[str, tuple[Any, ...]]) -> str:
  """Formats the table as text, with totals."""
  rows = list(zip(*table.values(), strict=True))
  active, weights, flops, dense = (sum(table[name]) for name in _NUMBERS)
  rows.append(('all', '', 1 - active / weights, active, weights, flops, dense))
  return aligned(
    [
      [name.replace('_', ' ') for name in _COLUMNS],
      *(
        [layer, shape, f'{sparsity:.4f}', *(f'{n:,.0f}' for n in numbers)]
        for layer, shape, sparsity, *numbers in rows
      ),
    ]
  )
