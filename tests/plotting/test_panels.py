"""Legends that are whole."""

import numpy as np
import pytest

from jaxsparse.plotting import figures
from jaxsparse.plotting.panels import figure_legend, multiples, single

SHORT = ['line', 'quadratic, sparse', 'cubic, sparse', 'quadratic, dense']
LONG = [
  f'run {i} of a method with a name that is long, {"x" * 50}' for i in 'ab'
]


def drawn_with(frames, labels, **options):
  figure, axes = frames
  for ax in axes:
    for i, label in enumerate(labels):
      ax.plot([0, 1], [i, i], label=label)
  before = figure.get_size_inches()
  figure_legend(figure, **options)
  figures.encoded(figure, 'png')
  (legend,) = figure.legends
  return figure, axes, legend, before


@pytest.mark.parametrize('beside', [True, False])
@pytest.mark.parametrize(
  'labels', [SHORT, LONG, [f'run {i}' for i in range(40)], LONG[:1]]
)
@pytest.mark.parametrize('panels', [0, 1, 3])
def test_a_legend_lies_within_its_figure(panels, labels, beside):
  if panels:
    frames = multiples(['a'] * panels, panel=(3.4, 2.9))
  else:
    figure, ax = single()
    frames = figure, [ax]
  figure, axes, legend, _ = drawn_with(frames, labels, beside=beside)
  lies, whole = legend.get_window_extent(), figure.bbox
  assert whole.x0 - 1 <= lies.x0 < lies.x1 <= whole.x1 + 1
  assert whole.y0 - 1 <= lies.y0 < lies.y1 <= whole.y1 + 1
  texts = [text.get_text() for text in legend.get_texts()]
  for text, label in zip(texts, labels, strict=True):
    assert text.replace('\n', '').replace(' ', '') == label.replace(' ', '')
  for ax in axes:  # What is left of the panels can be read.
    assert ax.get_window_extent().height > 100
    assert ax.get_window_extent().width > 100


def test_a_row_of_short_names_leaves_a_figure_as_it_is():
  frames = multiples(['a', 'b', 'c'])
  figure, _, legend, before = drawn_with(frames, SHORT, beside=False)
  np.testing.assert_array_equal(figure.get_size_inches(), before)
  heights = {text.get_window_extent().y0 for text in legend.get_texts()}
  assert len(heights) == 1
