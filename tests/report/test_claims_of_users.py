"""A kind of claim from outside the tree, in a study and in its report."""

import math
from dataclasses import dataclass

import pytest

from jaxsparse.claims import Bound, Claim
from jaxsparse.claims.estimates import Estimate
from jaxsparse.report import page, tables
from jaxsparse.studies.planning.check import check

S = 'updater.sparsity'


@dataclass(frozen=True)
class Worst(Claim):
  """The worst seed of `run` has at least `value`."""

  run: str
  value: float

  def named_runs(self):
    return {'run': (self.run,)}

  def words(self, label):
    return f'every seed of {label(self.run)} has {self.value:g} {self.unit}'

  def estimates(self, samples, label):
    ((_, sample),) = samples
    worst = min(sample.values, default=math.nan)
    outcome = 'holds' if worst >= self.value else 'fails'
    name = f'worst of {label(self.run)}'
    return [Estimate(name, None, self.quantity.text(worst), outcome)]


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
