"""Evci et al. 2020: rows as named, and claims against the paper's numbers."""

import pytest

from jaxsparse.experiments.papers.rigl import cifar, mnist
from jaxsparse.experiments.papers.rigl.runs import SPARSITY, Row
from jaxsparse.experiments.studies.claims import claims, verdicts
from jaxsparse.experiments.studies.claims.evidence import Sample
from jaxsparse.experiments.studies.planning.check import check

STUDIES = {
  'cifar10': cifar.methods(),
  'cifar10_longer': cifar.longer(),
  'cifar10_short': cifar.short(),
  'mnist': mnist.short(),
  'mnist_table': mnist.table(),
}


@pytest.mark.parametrize(
  ('row', 'name', 'label'),
  [
    (Row('dense'), 'dense', 'dense'),
    (Row('rigl', 'erk'), 'rigl_erk', 'RigL (ERK)'),
    (Row('rigl', 'uniform', 5.0), 'rigl_uniform_5x', 'RigL 5x (uniform)'),
    (Row('gmp', 'uniform', 1.5), 'gmp_uniform_1_5x', 'pruning 1.5x (uniform)'),
  ],
)
def test_a_row_is_named_by_method_spread_and_length(row, name, label):
  assert (row.name, row.label) == (name, label)


@pytest.mark.parametrize('name', STUDIES)
def test_a_study_is_sound(name):
  study = STUDIES[name]
  check(study)
  texts = [claim.text for claim in study.claims]
  assert all(texts)
  assert len(set(texts)) == len(texts)
  seeds = {len(run.seed_list()) for run in study.runs}
  assert seeds == ({8} if name == 'mnist' else {3})


def printed(study, metric):
  """Three seeds of each row of which the paper has a number, about it."""
  numbers = {
    row: study.run(row.run).paper_value(row, metric) for row in study.rows()
  }
  return {
    row: Sample(tuple(number + d for d in (-0.01, 0.0, 0.01)), 3)
    for row, number in numbers.items()
    if number is not None
  }


@pytest.mark.parametrize(
  ('name', 'number'),
  [('cifar10', 5), ('cifar10_longer', 4), ('mnist_table', 1)],
)
def test_the_papers_numbers_hold_its_claims(name, number):
  study = STUDIES[name]
  outcomes = []
  for claim in study.claims:
    samples = printed(study, claim.metric)
    runs = {row.run for row in samples}
    if set(claims.runs(claim)) <= runs:
      outcomes += [v.outcome for v in verdicts.judge(claim, samples)]
  assert outcomes == ['holds'] * number


def test_of_a_run_the_fields_of_its_grid_are_no_overrides():
  for run in cifar.short().runs:
    assert not run.overrides.keys() & run.grid.keys()
    assert run.grid == ({} if run.name == 'dense' else {SPARSITY: (0.95,)})
