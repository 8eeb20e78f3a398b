"""Sizes of compressed runs, and the map of their pixels."""

import jax
import numpy as np
import pytest
from matplotlib import colors

from jaxsparse.analyses.compression import compression
from jaxsparse.analysis.compression import compress
from jaxsparse.runs import finished


def test_numbers_are_of_what_is_left(runs):
  found = compression([runs.rigl])
  solution = finished.solution(finished.load(runs.rigl))
  params, masks = jax.device_get((solution.params, solution.masks))
  small = compress(params, masks)
  left = [len(units) for units in small.units]
  kept = sum(m['kernel'].sum() for m in small.masks.values())
  numbers = dict(found.numbers)
  assert numbers.pop('compression_error') < 1e-4
  assert numbers == {
    'inputs_left': left[0],
    'units_left_1': left[1],
    'compressed_flops': 2 * kept,
    'compressed_bytes': 4 * (kept + left[1] + 10)
    + -(-left[0] * left[1] // 8)
    + -(-left[1] * 10 // 8),
    'compressed_sparsity': 1 - kept / (left[0] * left[1] + left[1] * 10),
  }
  rows = [line.split() for line in found.text.splitlines()]
  assert rows[1][:3] == ['Dense_0', '64x16', f'{left[0]}x{left[1]}']
  # On digits some pixels are never drawn on.
  own = np.asarray(masks['Dense_0']['kernel'])[:, small.units[1]].sum(axis=1)
  table = found.table
  grid = np.zeros((8, 8))
  grid[table['row'], table['column']] = table['connections']
  np.testing.assert_array_equal(grid.ravel(), own)
  assert 0 < np.sum(own > 0) == left[0] <= 64


def test_a_map_for_each_run(runs, draw):
  tables = [compression([root]).table for root in (runs.rigl, runs.pruned)]
  parts = list(zip(tables, ('RigL', 'pruned'), strict=True))
  drawn = draw(compression, *parts, parts[0])
  shown = [ax for ax in drawn.figure.axes if ax.images]
  assert [ax.get_title(loc='left') for ax in shown] == ['RigL', 'pruned']
  for ax, table in zip(shown, tables, strict=True):
    pixels = ax.images[0].get_array()
    kept = table['connections'].reshape(8, 8)
    np.testing.assert_array_equal(np.ma.filled(pixels, 0), kept)
    assert colors.to_hex(ax.get_facecolor()) == '#e0e0e0'
  assert f'RigL {np.sum(tables[0]["connections"] > 0)} of 64;' in drawn.alt


def test_two_runs_are_refused(runs):
  with pytest.raises(ValueError, match='got 2 runs; accepted is 1 run'):
    compression([runs.rigl, runs.pruned])
