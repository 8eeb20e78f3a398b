"""Verdicts against intervals that SciPy gives, and at their edges."""

import dataclasses
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jaxsparse.claims import Bound, Difference, Ordering, Ratio, Trend, verdicts
from jaxsparse.claims.estimates import Sample
from jaxsparse.results.rows import Row

S = 'updater.sparsity'
LOW, MIDDLE, HIGH = (70.0, 71.0, 72.0), (80.0, 82.0, 84.0), (90.0, 90.5, 91.0)


# 80, 82, 84: mean 82, standard error 2 / sqrt(3), t(2) = 4.303; so
# [77.03, 86.97].
@pytest.mark.parametrize(
  ('value', 'at_least', 'at_most'),
  [
    (77.0, 'holds', 'fails'),
    (77.1, 'undecided', 'undecided'),
    (86.9, 'undecided', 'undecided'),
    (87.0, 'fails', 'holds'),
  ],
)
def test_a_bound(value, at_least, at_most, samples, only):
  for relation, expected in (('>=', at_least), ('<=', at_most)):
    verdict = only(Bound('a', relation, value), samples(a=MIDDLE))
    assert verdict.outcome == expected
    assert verdict.text == 'a: 82.00 % [77.03, 86.97]'


# Logs 1, 2, 3 and 0, 0.5, 1: geometric means e^2 and e^0.5; by hand the
# difference is 1.5 with variances 1 / 3 and 1 / 12, so 50 / 17 degrees of
# freedom, and half of the interval t sqrt(5 / 12).
HALF = stats.t.ppf(0.975, 50 / 17) * math.sqrt(5 / 12)


@pytest.mark.parametrize(
  ('log', 'at_least', 'at_most'),
  [
    (1.5 - HALF - 0.01, 'holds', 'fails'),
    (1.5 - HALF + 0.01, 'undecided', 'undecided'),
    (1.5 + HALF - 0.01, 'undecided', 'undecided'),
    (1.5 + HALF + 0.01, 'fails', 'holds'),
  ],
)
def test_a_ratio(log, at_least, at_most, samples, only):
  rows = samples(a=np.exp([1.0, 2.0, 3.0]), b=np.exp([0.0, 0.5, 1.0]))
  low, high = (f'{math.exp(1.5 + s * HALF):.3g}' for s in (-1, 1))
  for relation, expected in (('>=', at_least), ('<=', at_most)):
    verdict = only(Ratio('a', 'b', relation, math.exp(log)), rows)
    assert verdict.outcome == expected
    assert verdict.text == f'a / b, geometric means: 4.48 [{low}, {high}]'


@pytest.mark.parametrize(
  ('one', 'other', 'text'),
  [
    ((4e4, 4.2e4), (2.0, 2.01), r'20,[0-9]{3} \[.*'),
    (HIGH, (0.0, 2.0), 'cannot be told, as a ratio is of numbers above 0'),
    (HIGH, (-1.0, 2.0), 'cannot be told, as a ratio is of numbers above 0'),
  ],
)
def test_the_text_of_a_ratio(one, other, text, samples, only):
  verdict = only(Ratio('a', 'b', '>=', 3.0), samples(a=one, b=other))
  assert re.fullmatch(f'a / b, geometric means: {text}', verdict.text)
  assert verdict.outcome == (
    'holds' if verdict.estimates[0].interval else 'undecided'
  )


def test_a_difference_says_its_interval(samples):
  rows = samples(rigl={0.98: HIGH, 0.9: HIGH}, static={0.98: LOW, 0.9: LOW})
  got = verdicts.judge(
    Difference('rigl', 'static', '>=', 15.0), rows, str.upper
  )
  expected = stats.ttest_ind(HIGH, LOW, equal_var=False).confidence_interval()
  assert [v.outcome for v in got] == ['holds', 'holds']
  assert [v.point for v in got] == [((S, 0.98),), ((S, 0.9),)]
  (estimate,) = got[0].estimates
  assert estimate.interval == pytest.approx((19.5, *expected))
  assert got[0].text == (
    'RIGL − STATIC at sparsity 98 %: 19.50 points'
    f' [{expected.low:.2f}, {expected.high:.2f}]'
  )


def test_an_ordering_is_judged_on_neighbours(samples, only):
  rows = samples(a=LOW, b=MIDDLE, c=HIGH)
  verdict = only(Ordering(('a', 'b', 'c')), rows)
  assert verdict.outcome == 'holds'
  for estimate, (one, other) in zip(
    verdict.estimates, [(MIDDLE, LOW), (HIGH, MIDDLE)], strict=True
  ):
    # Two pairs: 97.5 % each make 95 % together.
    test = stats.ttest_ind(one, other, equal_var=False)
    assert estimate.interval[1:] == pytest.approx(
      tuple(test.confidence_interval(0.975))
    )
  assert verdict.text.endswith('(95 % jointly)')


def test_an_ordering_fails_where_any_pair_does(samples, outcome):
  rows = samples(a=LOW, b=HIGH, c=MIDDLE, d=(81.0, 82.0, 83.5))
  assert outcome(Ordering(('a', 'b', 'c')), rows) == 'fails'
  assert outcome(Ordering(('a', 'c', 'd')), rows) == 'undecided'
  assert outcome(Ordering(('b', 'a', 'c', 'd')), rows) == 'fails'


def test_two_runs_need_no_correction(samples, only):
  rows = samples(a=LOW, b=HIGH)
  ordering = only(Ordering(('a', 'b')), rows)
  difference = only(Difference('b', 'a', '>=', 0.0), rows)
  assert ordering.estimates == difference.estimates
  assert 'jointly' not in ordering.text


SAME = (50.0, 50.0)


EVERY_KIND = pytest.mark.parametrize(
  'claim',
  [
    Bound('a', '>=', 10.0),
    Difference('b', 'a', '>=', 10.0),
    Ratio('b', 'a', '>=', 1.5),
    Ordering(('a', 'b')),
    Trend('c', S, 'rises'),
    Trend('c', S, 'rises', minus='d'),
  ],
)


@EVERY_KIND
def test_seeds_that_agree_exactly_decide_nothing(claim, samples, only, outcome):
  rows = samples(
    a=SAME,
    b=(90.0, 90.0),
    c={0.5: SAME, 0.8: (60.0, 60.0), 0.9: (90.0, 90.0)},
    d={0.5: SAME, 0.8: SAME, 0.9: SAME},
  )
  verdict = only(claim, rows)
  assert verdict.outcome == 'undecided'
  assert 'cannot be told, as the seeds agree exactly' in verdict.text
  # Of what the config determines they say all.
  exact = dataclasses.replace(claim, metric='sparsity')
  assert outcome(exact, rows) == 'holds'


@EVERY_KIND
def test_too_few_seeds_decide_nothing(claim, samples, only):
  rows = samples(a=(50.0,), b=HIGH, c={0.5: (1.0,), 0.9: (2.0,)}, d=HIGH)
  verdict = only(claim, rows)
  assert verdict.outcome == 'undecided'
  assert verdict.estimates[0].interval is None
  assert 'an interval needs two seeds of each' in verdict.text


@pytest.mark.parametrize(
  'claim',
  [
    Bound('a', '<=', 50.0, metric='active_weights'),
    Bound('a', '<=', 50.0, metric='total_weights'),
    Difference('b', 'a', '>=', 30.0),
  ],
)
def test_counts_are_exact_and_one_spread_is_enough(claim, samples, outcome):
  assert outcome(claim, samples(a=SAME, b=HIGH)) == 'holds'


def test_equal_runs_are_not_in_order(samples, outcome):
  rows = samples(a=SAME, b=SAME)

  def of_exact(claim):
    return outcome(dataclasses.replace(claim, metric='sparsity'), rows)

  assert of_exact(Ordering(('a', 'b'))) == 'fails'
  assert of_exact(Difference('a', 'b', '>=', 0.0)) == 'holds'
  assert of_exact(Difference('a', 'b', '<=', 0.0)) == 'holds'


def test_seeds_that_are_missing_leave_it_open(only, outcome):
  rows = {Row('a'): Sample(LOW, 5), Row('b'): Sample(HIGH, 3)}
  alone = {row: sample._replace(total=3) for row, sample in rows.items()}
  for claim, said in (
    (Difference('b', 'a', '>=', 15.0), 'holds'),
    (Difference('b', 'a', '<=', 15.0), 'fails'),
    (Ordering(('a', 'b')), 'holds'),
    (Bound('a', '>=', 80.0), 'fails'),
  ):
    verdict = only(claim, rows)
    assert outcome(claim, alone) == said
    assert verdict.outcome == 'undecided'
    assert verdict.text.endswith(
      '; without 2 of 5 seeds of a, hence undecided: by the others alone it'
      f' {said}'
    )
  verdict = only(Difference('b', 'a', '>=', 20.0), rows)
  assert verdict.outcome == 'undecided'
  assert verdict.text.endswith(']; without 2 of 5 seeds of a')
  assert outcome(Bound('b', '>=', 80.0), rows) == 'holds'


@given(
  st.lists(st.floats(0, 100), min_size=2, max_size=6),
  st.lists(st.floats(0, 100), min_size=2, max_size=6),
  st.floats(-50, 50),
)
def test_what_is_claimed_the_other_way_round_has_the_same_verdict(
  samples, only, one, other, value
):
  rows = samples(a=one, b=other)
  straight = only(Difference('a', 'b', '>=', value), rows)
  mirrored = only(Difference('b', 'a', '<=', -value), rows)
  assert straight.outcome == mirrored.outcome


def test_a_decision_is_seldom_wrong_for_an_ordering_as_a_whole(
  samples, outcome
):
  rng = np.random.default_rng(0)
  claim = Ordering(('a', 'b', 'c', 'd'))
  outcomes = [
    outcome(claim, samples(**{r: rng.normal(5, 1, 4) for r in 'abcd'}))
    for _ in range(1000)
  ]
  # All means are equal: whatever is decided is decided by chance. Without the
  # correction some 7 % would be.
  assert np.mean([o != 'undecided' for o in outcomes]) <= 0.05
