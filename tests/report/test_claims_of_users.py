"""A kind of claim from outside the tree, in a study and in its report."""

import pytest
from own_kinds import Worst

from jaxsparse.claims import Bound
from jaxsparse.report import page, tables
from jaxsparse.studies.planning.check import check

S = 'updater.sparsity'


@pytest.fixture
def study(static_and_rigl):
  return static_and_rigl(claims=(Worst('rigl', 95.0), Bound('dense', '>=', 90)))


def test_a_study_takes_it(study, static_and_rigl):
  check(study)
  for claim, message in (
    (Worst('rigll', 95.0), r"claims\[0\].run: got 'rigll'; .*'rigl'"),
    (Worst('rigl', 95.0, metric='a b'), r"claims\[0\].metric: got 'a b'"),
    (Worst('rigl', 95.0, at={S: 0.5}), r'claims\[0\].at: 0.5 is no value'),
  ):
    with pytest.raises(ValueError, match=message):
      check(static_and_rigl(claims=(claim,)))


def test_it_is_in_the_report(make_results, study):
  results = make_results(study)
  title = 'Test accuracy: every seed of RigL has 95 points'
  first, second = (
    f'worst of RigL at sparsity {number}'
    for number in ('90 %: 96.00', '98 %: 94.00')
  )
  text = tables.text(results)
  assert f'{title}\n  holds      {first}\n  fails      {second}\n' in text
  markdown = page.markdown(results)
  assert (
    f'- {title}\n  - **holds**: {first}\n  - **fails**: {second}' in markdown
  )
  html = page.page(results, []).replace('\N{NO-BREAK SPACE}%', ' %')
  assert title in html
  for outcome, line in (('✓ holds', first), ('✗ fails', second)):
    assert f'{outcome}</span><span>{line}</span>' in html
  assert '2 claims, judged at 3 places: 2 hold and 1 fails.' in html
