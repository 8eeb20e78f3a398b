"""Conditions against a filter written in plain Python."""

import pathlib

import pytest

from jaxsparse.report.compare import tables
from jaxsparse.report.compare.runs import Found

FIELDS = [
  {'updater.name': 'rigl', 'updater.sparsity': 0.9, 'updater.drop': 0.3},
  {'updater.name': 'rigl', 'updater.sparsity': 0.98, 'updater.drop': 0.1},
  {'updater.name': 'set', 'updater.sparsity': 0.98},
  {'updater.name': 'dense', 'updater.sparsity': 0, 'model.features': [9, 8]},
]
RUNS = [Found(pathlib.Path(str(i)), f, {}, '') for i, f in enumerate(FIELDS)]


def chosen(condition):
  met = tables.where(tables.frame(RUNS), condition)
  return [int(str(run.root)) for run in met['run']]


@pytest.mark.parametrize(
  ('condition', 'expected'),
  [
    ('updater.sparsity=0.98', [1, 2]),
    ('config.updater.sparsity = 0.98', [1, 2]),
    ('updater.sparsity=0.980', [1, 2]),
    ('updater.sparsity=0', [3]),
    ('updater.sparsity!=0.98', [0, 3]),
    ('updater.sparsity<0.9', [3]),
    ('updater.sparsity<=0.9', [0, 3]),
    ('updater.sparsity>0.9', [1, 2]),
    ('updater.sparsity>=.9', [0, 1, 2]),
    ('updater.name=rigl', [0, 1]),
    ("updater.name='rigl'", [0, 1]),
    ('updater.name in set, dense', [2, 3]),
    ('updater.name!=set', [0, 1, 3]),
    ('model.features=(9, 8)', [3]),
    # Those that lack the field meet no condition on it.
    ('updater.drop!=0.3', [1]),
    ('updater.drop<1', [0, 1]),
  ],
)
def test_a_condition_chooses(condition, expected):
  assert chosen(condition) == expected


@pytest.mark.parametrize(
  ('condition', 'said'),
  [
    ('updater.sparsty=0.9', "Did you mean 'updater.sparsity'"),
    ('updater.name>0.9', "a run has 'rigl'; .* numbers"),
    ('updater.sparsity>high', "'high', but a run has 0.9"),
    ('updater.sparsity', 'accepted is FIELD'),
    ('updater.sparsity=0.9,0.98', 'several values go with in'),
    ('', 'accepted is FIELD'),
    ('updater.sparsity>2', 'no run has updater.sparsity>2'),
  ],
)
def test_a_bad_condition_is_refused(condition, said):
  with pytest.raises(ValueError, match=said):
    chosen(condition)
