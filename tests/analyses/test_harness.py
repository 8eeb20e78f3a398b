"""Analyses by name, their options, and their results in files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.analyses.harness import calls, stored
from jaxsparse.analyses.harness.analyze import analyze
from jaxsparse.analyses.harness.result import Result, chart_of, from_csv, to_csv
from jaxsparse.plotting.bars import Bars

BARS = Bars(title='', caption=(), alt='', x='x', y={'y': ''})
REQUEST = {'function': 'f', 'inputs': ['a'], 'options': {'n': 1}}


def by_runs(workdirs, *, few: int, rate: float = 0.5, name: str | None = None):
  return {'few': few, 'rate': rate}


@BARS
def by_pools(pools):
  return Result({'pools': len(pools)}, {'x': [1, 2]})


def anything(workdirs, **options):
  return options


def halves(workdirs):
  return {'half': 0.5, 'spread': {'mean': 0.25, 'std': 0.1}}


numbers = st.floats(width=64, allow_nan=False)


@given(st.lists(st.tuples(numbers, st.text('abc,"\n ', min_size=1))))
def test_tables_come_back_bit_for_bit(rows):
  values = [v for v, _ in rows]
  words = [f'w{w}' for _, w in rows]
  text = to_csv({'v': np.array(values), 'w': np.array(words)})
  table = from_csv(text)
  assert list(table) == ['v', 'w']
  np.testing.assert_array_equal(table['v'], values)
  assert table['w'].tolist() == words


def test_what_is_kept_comes_back_for_the_same_question(tmp_path):
  stem = tmp_path / 'made' / 'digits-0.98-seed0'
  found = Result({'a': 1.5, 'b': {'mean': 2.0}}, {'x': np.array([0.1, 2.0])})
  written = stored.write(stem, REQUEST, found)
  assert [p.name for p in written] == [
    'digits-0.98-seed0.json',
    'digits-0.98-seed0.csv',
  ]
  kept = stored.read(stem, REQUEST)
  assert kept.numbers == found.numbers
  np.testing.assert_array_equal(kept.table['x'], [0.1, 2.0])
  assert stored.read(stem, REQUEST | {'options': {'n': 2}}) is None
  assert stored.read(tmp_path / 'other', REQUEST) is None


def test_a_result_without_a_table_removes_the_one_before(tmp_path):
  stored.write(tmp_path / 'a', REQUEST, Result({}, {'x': np.array([1.0])}))
  assert stored.write(tmp_path / 'a', REQUEST, Result({'n': 1.0})) == (
    tmp_path / 'a.json',
  )
  assert stored.read(tmp_path / 'a', REQUEST) == Result({'n': 1.0}, {})


def test_a_kill_while_it_is_written_leaves_nothing_to_trust(
  tmp_path, monkeypatch
):
  old = Result({'n': 1.0}, {'x': np.array([1.0])})
  stored.write(tmp_path / 'a', REQUEST, old)
  real = stored.storage.write_atomic

  def killed(path, text):
    if path.suffix == '.json':
      raise KeyboardInterrupt
    real(path, text)

  monkeypatch.setattr(stored.storage, 'write_atomic', killed)
  with pytest.raises(KeyboardInterrupt):
    stored.write(tmp_path / 'a', REQUEST, Result({}, {'x': np.array([2.0])}))
  assert stored.read(tmp_path / 'a', REQUEST) is None


def test_a_mapping_is_a_result_too():
  result = calls.call(by_runs, [['a'], ['b']], {'few': np.int32(3)})
  assert result == Result({'few': 3.0, 'rate': 0.5}, {})
  assert calls.call(by_pools, [['a']], {}).table['x'].tolist() == [1, 2]


def test_what_a_function_takes_and_draws():
  assert calls.takes_pools(by_pools)
  assert not calls.takes_pools(by_runs)
  assert chart_of(by_pools) is BARS
  assert chart_of(by_runs) is None


def test_numbers_stand_in_for_a_table_that_is_not_there(runs, tmp_path):
  _, paths = analyze(halves, [[runs.rigl]], {}, tmp_path)
  assert [path.name for path in paths] == ['halves.json', 'halves.csv']
  assert (tmp_path / 'halves.csv').read_text().split() == [
    'number,value',
    'half,0.5',
    'spread,0.25',
  ]


@pytest.mark.parametrize(
  'options',
  [{'few': 1}, {'few': 1, 'rate': 2}, {'few': 1, 'rate': 0.1, 'name': 'x'}],
)
def test_good_options_pass(options):
  calls.check_options(by_runs, options)
  calls.check_options(anything, options)


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
    calls.check_options(by_runs, options)


@pytest.mark.parametrize('name', calls.names())
def test_every_analysis_says_what_it_takes(name):
  function = calls.find(name)
  assert function.__name__ == name
  assert function.__doc__.count('Args:') == 1
