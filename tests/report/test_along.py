"""Figures of one metric along another, of made-up results."""

import numpy as np

from jaxsparse.report.figures.along import draw
from jaxsparse.results.rows import MemberResult
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Along, Run, Study

LEVEL = 'pruning.level'


def results():
  ticket = Run('ticket', 'x', grid={LEVEL: (1, 2, 3)}, seeds=2)
  study = Study('x', (Run('dense', 'x', seeds=2), ticket))
  members = [
    MemberResult(
      row,
      seed,
      None,
      {
        'active_weights': 1000 * 0.8 ** dict(row.point).get(LEVEL, 0),
        'test_accuracy': 0.9 + 0.01 * seed + 0.001 * i,
      },
    )
    for i, row in enumerate(study.rows())
    for seed in (0, 1)
  ]
  return Results(study, 'x', tuple(members), '', ())


def test_lines_join_the_means_of_rows_and_runs_of_one_row_are_levels():
  drawn = draw(results(), Along())
  (ax, *_) = drawn.figure.axes
  lines = {
    line.get_label(): line for line in ax.lines if line.get_label()[0] != '_'
  }
  assert set(lines) == {'dense', 'ticket'}
  np.testing.assert_allclose(
    lines['ticket'].get_xdata(), [512, 640, 800], rtol=1e-6
  )
  np.testing.assert_allclose(
    lines['ticket'].get_ydata(), [90.8, 90.7, 90.6], rtol=1e-6
  )
  assert ax.get_xscale() == 'log'
  left, right = ax.get_xlim()
  assert left > right
  assert 'ticket: 90.60 at 800 to 90.80 at 512.' in drawn.alt


def test_without_numbers_there_is_no_figure():
  empty = results()
  members = tuple(m._replace(summary=None) for m in empty.members)
  assert draw(empty._replace(members=members), Along()) is None
