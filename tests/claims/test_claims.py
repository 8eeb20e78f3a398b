"""Where claims apply, what they say, and which of them cannot be judged."""

import pytest

from jaxsparse.claims import Bound, Difference, Ordering, Ratio, Trend
from jaxsparse.studies.planning import check_report
from jaxsparse.studies.spec import Run, Study

S, D = 'updater.sparsity', 'updater.drop_fraction'
STUDY = Study(
  'study',
  (
    Run('dense', 'c', label='Dense'),
    Run('static', 'c', grid={S: (0.9, 0.98)}, label='Static'),
    Run('rigl', 'c', grid={S: (0.8, 0.9, 0.98), D: (0.1, 0.3)}, label='RigL'),
    Run('optimisers', 'c', grid={'optimizer.name': ('sgd', 'adam')}),
  ),
)


@pytest.mark.parametrize(
  ('claim', 'points'),
  [
    (Bound('dense', '>=', 90), [{}]),
    (Bound('static', '>=', 90), [{S: 0.9}, {S: 0.98}]),
    (Bound('static', '>=', 90, at={S: 0.98}), [{S: 0.98}]),
    (Difference('static', 'dense', '<=', 0), [{S: 0.9}, {S: 0.98}]),
    (Ratio('static', 'dense', '<=', 2), [{S: 0.9}, {S: 0.98}]),
    (
      # 0.8 has no static run; each drop fraction is set against the same one.
      Difference('rigl', 'static', '>=', 0),
      [
        {S: 0.9, D: 0.1},
        {S: 0.9, D: 0.3},
        {S: 0.98, D: 0.1},
        {S: 0.98, D: 0.3},
      ],
    ),
    (
      Ordering(('static', 'rigl', 'dense'), at={S: 0.98, D: 0.3}),
      [{S: 0.98, D: 0.3}],
    ),
    (Trend('static', S, 'falls'), [{}]),
    (Trend('rigl', S, 'falls'), [{D: 0.1}, {D: 0.3}]),
    (Trend('rigl', D, 'rises', at={S: 0.9}), [{S: 0.9}]),
    (Trend('rigl', S, 'rises', minus='dense'), [{D: 0.1}, {D: 0.3}]),
    (Bound('dense', '>=', 90, at={S: 0.9}), []),
    (Difference('rigl', 'static', '>=', 0, at={S: 0.8}), []),
  ],
)
def test_a_claim_applies_where_its_runs_meet(claim, points):
  got = claim.points(STUDY.rows())
  assert [dict(point) for point in got] == points


@pytest.mark.parametrize(
  ('claim', 'text'),
  [
    (Bound('dense', '>=', 97.5), 'Test accuracy: Dense ≥ 97.5 %'),
    (
      Difference('rigl', 'static', '<=', -2, at={S: 0.98}),
      'Test accuracy: RigL − Static ≤ −2 points, at sparsity 98 %',
    ),
    (
      Ratio('rigl', 'static', '>=', 10, metric='gradient_norm@0'),
      'Gradient norm at step 0: RigL / Static ≥ 10',
    ),
    (
      Ordering(('static', 'rigl', 'dense')),
      'Test accuracy: Static < RigL < Dense',
    ),
    (
      Trend('rigl', S, 'rises', minus='static', metric='overlap'),
      'Overlap: RigL − Static rises with sparsity',
    ),
    (Bound('dense', '>=', 97.5, text='Dense is good'), 'Dense is good'),
  ],
)
def test_a_claim_in_words(claim, text):
  assert claim.sentence(lambda name: STUDY.run(name).display_name) == text


@pytest.mark.parametrize(
  ('claim', 'message'),
  [
    (
      Difference('rigl', 'static', '>=', 0, at={S: 0.8}),
      'no point of their grids',
    ),
    (Trend('optimisers', 'optimizer.name', 'rises'), 'two numbers or more'),
    (Trend('rigl', 'seed', 'rises'), f'along: got .* accepted are {S}, {D}'),
    (Trend('rigl', S, 'rises', minus='static'), 'accepted are those of'),
  ],
)
def test_a_claim_that_cannot_be_judged_is_refused(claim, message):
  with pytest.raises(ValueError, match=rf'claims\[0\].*{message}'):
    check_report.check_claim('claims[0]', STUDY, claim)


@pytest.mark.parametrize(
  'claim',
  [
    Trend('rigl', S, 'rises', minus='dense'),
    Difference('rigl', 'static', '>=', 0),
  ],
)
def test_a_claim_that_can_be_judged_passes(claim):
  check_report.check_claim('claims[0]', STUDY, claim)
