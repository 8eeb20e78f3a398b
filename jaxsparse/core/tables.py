"""Nets and masks as readable text."""

import math
from collections.abc import Sequence
from typing import Any

import jax

from jaxsparse.core import masks as masking
from jaxsparse.core import paths
from jaxsparse.core.types import Counts, Masks, Params


def aligned(rows: Sequence[Sequence[str]]) -> str:
  """Aligns rows in columns: the first to the left, the others to the right."""
  widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
  return '\n'.join(
    '  '.join(
      cell.ljust(w) if i == 0 else cell.rjust(w)
      for i, (cell, w) in enumerate(zip(row, widths, strict=True))
    ).rstrip()
    for row in rows
  )


def table(params: Params, counts: Counts) -> str:
  """Tabulates the leaves of a net: shape, weights, active ones, sparsity.

  >>> params = {'kernel': jnp.ones((20, 50)), 'bias': jnp.ones(50)}
  >>> print(js.table(params, {'kernel': 100, 'bias': None}))
  leaf           shape  weights  active  sparsity
  bias              50       50   dense
  kernel         20x50    1,000     100    0.9000
  masked leaves           1,000     100    0.9000

  Args:
    params: the parameters; leaves may be `ShapeDtypeStruct`.
    counts: active weights of each leaf, from a distribution (`erk`), or masks;
      `None` where a leaf is dense.

  Raises:
    ValueError: names the first path that only one of the trees has.
  """
  following = masking.map_masks(
    lambda _, count: _active(count), params, counts, exempt=lambda _: None
  )
  active = paths.flatten(following)
  rows = [('leaf', 'shape', 'weights', 'active', 'sparsity')]
  sizes = {}
  for path, leaf in paths.flatten(params).items():
    size = math.prod(leaf.shape)
    shape = 'x'.join(map(str, leaf.shape))
    if path in active:
      sizes[path] = size
      rows.append((path, shape, f'{size:,}', *_share(active[path], size)))
    else:
      rows.append((path, shape, f'{size:,}', 'dense', ''))
  total = sum(sizes.values())
  share = _share(sum(active.values()), total)
  return aligned([*rows, ('masked leaves', '', f'{total:,}', *share)])


def sparsity(masks: Masks) -> float:
  """Returns the fraction of zeros over all leaves with a mask, in [0, 1].

  >>> mask = np.array([True, False, False, False])
  >>> js.sparsity({'kernel': mask, 'bias': None})
  0.75

  Args:
    masks: bool leaves on the host or a device, `None` where exempt; not traced.

  Raises:
    ValueError: no leaf has a mask.
  """
  active = sum(masking.active_by_path(masks).values())
  total = sum(masking.sizes_by_path(masks).values())
  if not total:
    raise ValueError('no leaf has a mask; accepted is a tree with one or more')
  return 1 - active / total


def _active(count: Any) -> int:
  """Counts the weights of a mask; returns a count as it is."""
  return int(jax.device_get(count).sum()) if hasattr(count, 'sum') else count


def _share(active: int, size: int) -> tuple[str, str]:
  """Formats active weights, and the sparsity that they are."""
  return f'{active:,}', f'{1 - active / size:.4f}' if size else ''
