"""Studies as plain data."""

from jaxsparse.claims import Bound, Ratio
from jaxsparse.studies.spec import Against, Curves, Run, Scatter, Study


def test_a_study_asks_for_what_it_shows_draws_and_judges():
  study = Study(
    't',
    (Run('a', 'c', grid={'x': (1, 2)}), Run('b', 'c')),
    metrics=('one', 'two@3'),
    figures=(Curves('curve'), Against('x', 'three@4'), Scatter('five', 'six')),
    claims=(
      Ratio('a', 'b', '>=', 1.0, metric='four'),
      Bound('a', '>=', 1.0, metric='one'),
    ),
  )
  assert study.metric_names() == (
    'one',
    'two@3',
    'curve',
    'three@4',
    'five',
    'six',
    'four',
  )
