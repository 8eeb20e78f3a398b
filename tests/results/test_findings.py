"""How analyses are called for, and how what they find is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.results import findings
from jaxsparse.results.findings import Finding

ASKED = {'function': 'f', 'inputs': ['a'], 'options': {'n': 1}}


def by_runs(workdirs, *, few: int, rate: float = 0.5, name: str | None = None):
  return {'few': few, 'rate': rate}


def by_pools(pools):
  return Finding({'pools': len(pools)}, {'x': [1, 2]})


def draw_by_pools(parts):
  return parts


def anything(workdirs, **options):
  return options


numbers = st.floats(width=64, allow_nan=False)


@given(st.lists(st.tuples(numbers, st.text('abc,"\n ', min_size=1))))
def test_tables_come_back_bit_for_bit(rows):
  values = [v for v, _ in rows]
  words = [f'w{w}' for _, w in rows]
  text = findings.to_csv({'v': np.array(values), 'w': np.array(words)})
  table = findings.from_csv(text)
  assert list(table) == ['v', 'w']
  np.testing.assert_array_equal(table['v'], values)
  assert table['w'].tolist() == words


def test_what_is_kept_comes_back_for_the_same_question(tmp_path):
  stem = tmp_path / 'made' / 'digits-0.98-seed0'
  found = Finding({'a': 1.5, 'b': {'mean': 2.0}}, {'x': np.array([0.1, 2.0])})
  written = findings.keep(stem, ASKED, found)
  assert [p.name for p in written] == [
    'digits-0.98-seed0.json',
    'digits-0.98-seed0.csv',
  ]
  kept = findings.kept(stem, ASKED)
  assert kept.numbers == found.numbers
  np.testing.assert_array_equal(kept.table['x'], [0.1, 2.0])
  assert findings.kept(stem, ASKED | {'options': {'n': 2}}) is None
  assert findings.kept(tmp_path / 'other', ASKED) is None


def test_a_finding_without_a_table_removes_the_one_before(tmp_path):
  findings.keep(tmp_path / 'a', ASKED, Finding({}, {'x': np.array([1.0])}))
  assert findings.keep(tmp_path / 'a', ASKED, Finding({'n': 1.0})) == (
    tmp_path / 'a.json',
  )
  assert findings.kept(tmp_path / 'a', ASKED) == Finding({'n': 1.0}, {})


def test_a_kill_while_it_is_written_leaves_nothing_to_trust(
  tmp_path, monkeypatch
):
  old = Finding({'n': 1.0}, {'x': np.array([1.0])})
  findings.keep(tmp_path / 'a', ASKED, old)
  real = findings.workdir.write_atomic

  def killed(path, text):
    if path.suffix == '.json':
      raise KeyboardInterrupt
    real(path, text)

  monkeypatch.setattr(findings.workdir, 'write_atomic', killed)
  with pytest.raises(KeyboardInterrupt):
    findings.keep(tmp_path / 'a', ASKED, Finding({}, {'x': np.array([2.0])}))
  assert findings.kept(tmp_path / 'a', ASKED) is None


def test_a_mapping_is_a_finding_too():
  found = findings.call(by_runs, ['a'], {'few': np.int32(3)})
  assert found == Finding({'few': 3.0, 'rate': 0.5}, {})
  assert findings.call(by_pools, [['a']], {}).table['x'].tolist() == [1, 2]


def test_what_a_function_takes_and_draws():
  assert findings.takes_pools(by_pools)
  assert not findings.takes_pools(by_runs)
  assert findings.drawer(by_pools) is draw_by_pools
  assert findings.drawer(by_runs) is None


@pytest.mark.parametrize(
  'options',
  [{'few': 1}, {'few': 1, 'rate': 2}, {'few': 1, 'rate': 0.1, 'name': 'x'}],
)
def test_good_options_pass(options):
  findings.check_options(by_runs, options)
  findings.check_options(anything, options)


@pytest.mark.parametrize(
  ('options', 'said'),
  [
    ({}, 'by_runs needs the option few'),
    (
      {'few': 1, 'fwe': 2},
      "no option 'fwe'; accepted are few, rate, name. Did",
    ),
    ({'few': 'x'}, "few is 'x'; accepted is an int"),
    ({'few': True}, 'few is True; accepted is an int'),
    ({'few': 1, 'name': 3}, 'name is 3; accepted is a str or None'),
  ],
)
def test_bad_options_are_refused(options, said):
  with pytest.raises(ValueError, match=said):
    findings.check_options(by_runs, options)


@pytest.mark.parametrize('name', findings.registry.names(findings.PACKAGE))
def test_every_analysis_says_what_it_takes(name):
  function = findings.find(name)
  assert function.__name__ == name
  assert function.__doc__.count('Args:') == 1
