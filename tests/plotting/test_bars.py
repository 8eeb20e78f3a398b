"""Bars by name: where they stand, how high, and what is written below."""

import numpy as np
import pytest

from jaxsparse.plotting import figures
from jaxsparse.plotting.bars import Bars
from jaxsparse.plotting.charts import Input, Part

TEXTS = {'title': 'Bars', 'caption': (), 'alt': 'Values'}


def part(label, names, values, style='-'):
  inputs = (Input(label, {'color': 'k', 'linestyle': style}),)
  return Part(inputs, {'name': np.asarray(names), 'v': np.asarray(values)})


def test_seeds_are_averaged_and_groups_stand_side_by_side():
  drawn = Bars(**TEXTS, x='name', y={'v': 'values'}).draw(
    [
      part('a', [0.0, 1.0], [1.0, 2.0]),
      part('a', [0.0, 1.0], [3.0, 4.0]),
      part('b', [1.0, 12.0], [5.0, np.inf], '--'),
    ]
  )
  assert (
    drawn.alt
    == 'Chart: Bars. Values: a, 0 2, 1 3, 12 nan; b, 0 nan, 1 5, 12 nan.'
  )
  (ax,) = drawn.figure.axes
  assert [t.get_text() for t in ax.get_xticklabels()] == ['0', '1', '12']
  heights = [bar.get_height() for bar in ax.patches]
  np.testing.assert_array_equal(heights, [2, 3, np.nan, np.nan, 5, np.nan])
  centres = [bar.get_x() + bar.get_width() / 2 for bar in ax.patches]
  np.testing.assert_allclose(centres, [-0.2, 0.8, 1.8, 0.2, 1.2, 2.2])
  # Of two seeds, 1 and 3: one deviation of root 2 to each side.
  (whiskers,) = ax.collections
  root = np.sqrt(2)
  first, second, *_ = whiskers.get_segments()
  np.testing.assert_allclose(first[:, 1], [2 - root, 2 + root])
  np.testing.assert_allclose(second[:, 1], [3 - root, 3 + root])
  # Rows of one colour are told apart.
  hatches = [bar.get_hatch() for bar in ax.patches]
  assert hatches == ['', '', '', '///', '///', '///']


def test_paths_lose_an_end_that_all_share():
  bars = Bars(**TEXTS, x='name', y={'v': 'values'})
  names = [f'block_{i}/kernel' for i in range(30)]
  few, many = (
    bars.draw([part('a', names[:n], np.ones(n))]).figure for n in (3, 30)
  )
  ticks = few.axes[0].get_xticklabels()
  assert [t.get_text() for t in ticks] == ['block_0', 'block_1', 'block_2']
  # Upright names do not take the room of the bars.
  figures.encoded(many, 'png')
  height = many.axes[0].get_window_extent().height / many.dpi
  assert many.get_figheight() > few.get_figheight()
  assert height > 0.8


@pytest.mark.parametrize(
  ('count', 'letters', 'rotation'), [(5, 3, 0), (5, 20, 30), (25, 3, 90)]
)
def test_names_are_turned_where_they_find_no_room(count, letters, rotation):
  names = [f'{i:0{letters}d}x' for i in range(count)]
  bars = Bars(**TEXTS, x='name', y={'v': 'values'})
  (ax,) = bars.draw([part('a', names, np.ones(count))]).figure.axes
  assert {t.get_rotation() for t in ax.get_xticklabels()} == {rotation}


@pytest.mark.parametrize(
  ('count', 'panels', 'across'), [(9, 2, 2), (9, 3, 1), (40, 2, 1)]
)
def test_panels_of_many_bars_lie_below_one_another(count, panels, across):
  table = part('a', [f'{i}x' for i in range(count)], np.ones(count)).table
  table |= {f'v{i}': table['v'] for i in range(panels)}
  inputs = (Input('a', {}),)
  columns = {f'v{i}': 'values' for i in range(panels)}
  bars = Bars(**TEXTS, x='name', y=columns)
  grid = (
    bars.draw([Part(inputs, table)])
    .figure.axes[0]
    .get_subplotspec()
    .get_gridspec()
  )
  assert (grid.nrows, grid.ncols) == (panels // across, across)
