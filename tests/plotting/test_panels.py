"""Legends that are whole."""

import re

import pytest

from jaxsparse.plotting import figures
from jaxsparse.plotting.panels import figure_legend, multiples, short, single
from jaxsparse.plotting.styles import DOUBLE, SINGLE

SHORT = ['line', 'quadratic, sparse', 'cubic, sparse', 'quadratic, dense']
LONG = [
  f'run {i} of a method with a name that is long, {"x" * 50}' for i in 'ab'
]


def drawn_with(frames, labels):
  figure, axes = frames
  for ax in axes:
    for i, label in enumerate(labels):
      ax.plot([0, 1], [i, i], label=label)
  before = figure.get_size_inches()
  figure_legend(figure)
  figures.encoded(figure, 'png')
  (legend,) = figure.legends
  return figure, axes, legend, before


def letters(text):
  return re.sub(r'[\s,]', '', text)


@pytest.mark.parametrize(
  'labels', [SHORT, LONG, [f'run {i}' for i in range(40)], LONG[:1]]
)
@pytest.mark.parametrize('panels', [0, 1, 3])
def test_a_legend_lies_within_its_figure(panels, labels):
  if panels:
    frames = multiples(['a'] * panels)
  else:
    figure, ax = single()
    frames = figure, [ax]
  figure, axes, legend, _ = drawn_with(frames, labels)
  lies, whole = legend.get_window_extent(), figure.bbox
  assert whole.x0 - 1 <= lies.x0 < lies.x1 <= whole.x1 + 1
  assert whole.y0 - 1 <= lies.y0 < lies.y1 <= whole.y1 + 1
  shared = letters(legend.get_title().get_text())
  for text, label in zip(legend.get_texts(), labels, strict=True):
    name = letters(text.get_text())
    assert sorted(name + shared) == sorted(letters(label))
  for ax in axes:  # What is left of the panels can be read.
    assert ax.get_window_extent().height > 100
    assert ax.get_window_extent().width > 100


def test_a_row_of_short_names_adds_its_height_alone():
  frames = multiples(['a', 'b', 'c'])
  figure, _, legend, before = drawn_with(frames, SHORT)
  added = figure.get_size_inches() - before
  assert added[0] == 0
  assert 0 < added[1] < 0.3
  heights = [text.get_window_extent().y0 for text in legend.get_texts()]
  assert max(heights) - min(heights) < 5  # One row; a comma hangs lower.


def test_many_names_of_a_single_panel_lie_beside_it_on_the_page():
  figure, (ax,) = figures.panels(1)
  _, _, legend, before = drawn_with(
    (figure, [ax]), [f'run {i}' for i in range(40)]
  )
  assert (before[0], figure.get_figwidth()) == (SINGLE, DOUBLE)
  assert legend.get_window_extent().x0 > ax.get_window_extent().x1


@pytest.mark.parametrize(
  ('labels', 'shared', 'names'),
  [
    (['RigL, 90 %', 'RigL, 98 %'], 'RigL', ['90 %', '98 %']),
    (['a, s 1, d 2', 'b, s 1, d 3'], 's 1', ['a, d 2', 'b, d 3']),
    (['Dense', 'RigL, 98 %'], '', ['Dense', 'RigL, 98 %']),
    (['RigL', 'RigL, 98 %'], '', ['RigL', 'RigL, 98 %']),
    (['RigL, 98 %'], '', ['RigL, 98 %']),
  ],
)
def test_what_all_names_share_is_the_title(labels, shared, names):
  assert short(labels) == (shared, names)
