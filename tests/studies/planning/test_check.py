"""A study that is wrong: one line that says what, where, and what is right."""

import dataclasses

import pytest

from jaxsparse.claims import Bound, Difference, Ordering, Ratio, Trend
from jaxsparse.studies.planning.check import check
from jaxsparse.studies.spec import (
  Against,
  Analysis,
  Curves,
  Run,
  Scatter,
  Study,
)

SPARSITY = 'updater.sparsity'
DENSE = Run('dense', 'digits/mlp:dense')
RIGL = Run('rigl', 'digits/mlp:rigl', grid={SPARSITY: (0.8, 0.9)})
GOOD = Study(
  title='Good',
  runs=(
    DENSE,
    RIGL,
    Run(
      'ticket',
      'digits/mlp:static',
      {'init.checkpoint': '{rigl}'},
      grid={SPARSITY: (0.8, 0.9)},
      seeds=(3, 1),
      after=('dense',),
      paper={'test_accuracy': {0.8: 90.1}},
    ),
  ),
  across=SPARSITY,
  metrics=('test_accuracy', 'gradient_norm@0', 'b-a@100:200'),
  figures=(Curves('b-a', runs=('dense',), last_step=10), Against(SPARSITY)),
  claims=(
    Ordering(('dense', 'rigl')),
    Bound('rigl', '>=', 90.0, at={SPARSITY: 0.8}),
    Difference('rigl', 'dense', '<=', 1.0),
    Ratio('rigl', 'dense', '>=', 3.0, metric='gradient_norm@0'),
    Trend('rigl', SPARSITY, 'falls', minus='dense'),
  ),
  analyses=(Analysis('overlap', ('ticket', 'rigl'), 'mask_overlap'),),
)


def with_run(run=RIGL, **fields):
  return {'runs': (DENSE, dataclasses.replace(run, **fields))}


def starting(run, **fields):
  other = Run('new', 'x', {'init.checkpoint': f'{{{run}}}'}, **fields)
  return {'runs': (DENSE, RIGL, other)}


def circle():
  a = Run('a', 'x', {'init.checkpoint': '{b}'})
  return {'runs': (a, Run('b', 'x', after=('c',)), Run('c', 'x', after=('a',)))}


CASES = [
  # Runs.
  ({'runs': ()}, 'study.runs: got none; accepted is one or more'),
  ({'runs': (DENSE, 'rigl')}, 'study.runs: .* accepted is a tuple of Run'),
  ({'runs': (DENSE, DENSE)}, "study.runs: the name 'dense' is there twice"),
  (with_run(name='rigl 98'), "name 'rigl 98'; accepted are letters, digits"),
  (with_run(name=''), "got the name ''"),
  (with_run(seeds=0), r"runs\['rigl'\].seeds: got 0; accepted is how many"),
  (with_run(seeds=()), r'seeds: got \(\)'),
  (with_run(seeds=(1, 1)), r'seeds: got \(1, 1\)'),
  (with_run(seeds=(-1,)), r'seeds: got \(-1,\)'),
  (with_run(seeds=True), 'seeds: got True'),
  (with_run(grid={'a': ()}), r"grid\['a'\]: got no values"),
  (with_run(grid={'a': 'bc'}), "got 'bc'; accepted is a tuple of values"),
  (with_run(grid={'a': (1, 2, 1)}), 'got a value twice'),
  (with_run(grid={'a': ([1],)}), 'accepted are tuples for lists'),
  (with_run(grid={'seed': (1,)}), "'seed' is no field to change; `seeds` says"),
  (with_run(overrides={SPARSITY: 0.5}), 'is in overrides too'),
  (with_run(overrides=('a', 1)), 'overrides: got .* accepted is a dict'),
  (with_run(paper={'a': {0.7: 1.0}}), r"paper\['a'\]: no row at 0.7;.* 0.8"),
  # What runs need.
  (with_run(after=('dens',)), r"after: got 'dens'.*Did you mean 'dense'"),
  (with_run(after='dense'), "after: got 'dense'; accepted is a tuple of runs"),
  (starting('rigll'), r"runs\['new'\]: got 'rigll'.*Did you mean 'rigl'"),
  (starting('dense', seeds=9), "'dense', which it starts from, has no seed 5"),
  (starting('dense@5', seeds=(1,)), "'dense', which .*, has no seed 5"),
  (starting('rigl'), "new.*: 2 rows of 'rigl' go with that of 'new' at no"),
  (
    starting('rigl', grid={SPARSITY: (0.8, 0.95)}),
    "0 rows of 'rigl' go with .* at updater.sparsity=0.95",
  ),
  (circle(), 'one another in a circle: '),
  # The report.
  ({'metrics': ()}, r'study.metrics: got \(\)'),
  ({'metrics': 'sparsity'}, "metrics: got 'sparsity'; .* a tuple of names"),
  ({'metrics': ('loss@',)}, r"metrics\[0\]: got 'loss@'; accepted are ENTRY"),
  ({'metrics': ('a', 'b@9:3')}, r'metrics\[1\]: .* a last step from 9 on'),
  ({'figures': (Curves('a@3'),)}, r"\[0\].entry: got 'a@3'; .* without steps"),
  ({'figures': (Curves(last_step=0),)}, r'last_step: got 0; accepted is 1'),
  ({'figures': (Against(SPARSITY, 'a b'),)}, r"\[0\].metric: got 'a b'"),
  ({'figures': (Scatter('a b'),)}, r"figures\[0\].x: got 'a b'"),
  ({'figures': (Scatter('a', 'b@'),)}, r"figures\[0\].y: got 'b@'"),
  ({'figures': (Scatter('a', runs=('b',)),)}, r"\[0\].runs: got 'b'"),
  ({'claims': (Bound('rigl', '>=', 1.0, metric='a/b'),)}, "metric: got 'a/b'"),
  ({'claims': (Bound('rigl', '>=', 1.0, metric=3),)}, 'metric: got 3; acc'),
  ({'claims': (Ratio('rigl', 'x', '>=', 1.0),)}, r"claims\[0\].other: got 'x'"),
  ({'across': 'updater.sparsit'}, "Did you mean 'updater.sparsity'"),
  ({'figures': (Curves(runs=('a',)),)}, r"figures\[0\].runs: got 'a'"),
  (
    {'figures': (Against(SPARSITY, runs=('dense',)),)},
    r'figures\[0\].grid_field: got .* accepted are none',
  ),
  (
    {'figures': (Against(SPARSITY, at={'updater.drop': 0.3}),)},
    r"figures\[0\].at: got 'updater.drop'; accepted are updater.sparsity",
  ),
  ({'claims': (Ordering(('rigl',)),)}, r'claims\[0\].runs: .* 2 or more'),
  ({'claims': (Ordering(('rigl', 'x')),)}, r"claims\[0\].runs: got 'x'"),
  ({'claims': (Bound('rigl', '>', 1.0),)}, r"relation: got '>'; .* >=, <="),
  (
    {'claims': (Difference('rigl', 'x', '>=', 1.0),)},
    r"claims\[0\].other: got 'x'",
  ),
  (
    {'claims': (Trend('rigl', SPARSITY, 'rise'),)},
    "direction: got 'rise'.*Did you mean 'rises'",
  ),
  ({'claims': (Trend('dense', SPARSITY, 'rises'),)}, 'along: got'),
  (
    {'claims': (Trend('rigl', SPARSITY, 'rises', minus='x'),)},
    "minus: got 'x'",
  ),
  (
    {'claims': (Bound('rigl', '>=', 1.0, at={'seed': 1}),)},
    "at: got 'seed'; accepted are updater.sparsity",
  ),
  (
    {'claims': (Bound('rigl', '>=', 1.0, at={SPARSITY: 0.7}),)},
    "at: 0.7 is no value of 'updater.sparsity'",
  ),
  ({'claims': ('rigl > set',)}, 'claims: .* accepted is a tuple of Ordering'),
  ({'analyses': (Analysis('a', (), 'mask_overlap'),)}, "'a'].of: got no runs"),
  (
    {'analyses': (Analysis('a', ('rigl',), 'mask_overlapp'),)},
    "'a'].function: .*Did you mean 'mask_overlap'",
  ),
  (
    {'analyses': (Analysis('a', ('dense', 'rigl'), 'mask_overlap'),)},
    "2 rows of 'rigl' go with",
  ),
]


def test_a_good_study_passes():
  check(GOOD)


@pytest.mark.parametrize(('fields', 'said'), CASES)
def test_what_is_wrong_is_said(fields, said):
  with pytest.raises(ValueError, match=said) as caught:
    check(dataclasses.replace(GOOD, **{'claims': (), 'analyses': ()} | fields))
  assert '\n' not in str(caught.value)


def test_what_is_no_study_is_refused():
  with pytest.raises(ValueError, match='got dict; accepted is a Study'):
    check({'title': 'x'})
