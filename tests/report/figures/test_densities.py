"""Densities of layers over training, from the records of made-up members."""

import json

import numpy as np
import pytest

from jaxsparse.claims import Ordering
from jaxsparse.report.figures import draw
from jaxsparse.results import records
from jaxsparse.studies.spec import Densities, Run, Study

LEAF = 'layer_sparsity.b/kernel'
RUNS = (
  Run('moving', 'c', seeds=2, label='Moving'),
  Run('fixed', 'c', seeds=2, label='Fixed'),
)
CLAIM = Ordering(('moving', 'fixed'), metric=LEAF)


@pytest.fixture
def results(make_results):
  """Weights of `moving` go from layer a to layer b, in two seeds."""
  study = Study('t', RUNS, figures=(Densities(),), claims=(CLAIM,))
  made = make_results(study, lambda row, seed: 0.9)
  members = []
  for member in made.members:
    moved = 0.0 if member.row.run == 'fixed' else 0.01 + 0.02 * member.seed
    lines = [
      {'step': step, 'layer_sparsity': {'a/kernel': a, 'b/kernel': b}}
      for step, a, b in ((0, 0.9, 0.9), (100, 0.9 + moved, 0.9 - moved))
    ]
    text = '\n'.join(json.dumps(line) for line in lines)
    path = member.root / 'metrics.jsonl'
    path.write_text(f'{json.dumps({"step": 7, "loss": 1.0})}\n{text}\n')
    summary = member.summary | {'layer_sparsity': lines[-1]['layer_sparsity']}
    members.append(member._replace(summary=summary))
    recorded = records.numbers(path, [f'{LEAF}@100'])
    assert recorded == {f'{LEAF}@100': pytest.approx(0.9 - moved)}
  return made._replace(members=tuple(members), verdicts=()).judged()


def test_a_line_is_a_layer_and_a_panel_a_row(results):
  (figure,) = draw.all_figures(results)
  moving, fixed = figure.figure.axes
  assert moving.get_title(loc='left') == 'Moving'
  first, last = moving.lines
  # Means of the seeds, in per cent.
  np.testing.assert_allclose(first.get_xydata(), [[0, 10], [100, 8]])
  np.testing.assert_allclose(last.get_xydata(), [[0, 10], [100, 12]])
  for line in fixed.lines:
    np.testing.assert_allclose(line.get_ydata(), 10)
  assert moving.get_yscale() == 'log'
  (legend,) = figure.figure.legends
  assert [t.get_text() for t in legend.get_texts()] == ['a/kernel', 'b/kernel']
  assert 'Moving: a/kernel 10 to 8 %, b/kernel 10 to 12 %' in figure.alt


def test_a_claim_is_judged_on_a_layer(results):
  (judgement,) = results.verdicts
  (verdict,) = judgement.verdicts
  assert judgement.claim == 'Sparsity of b/kernel: Moving < Fixed'
  assert '2.00 points' in verdict.text
