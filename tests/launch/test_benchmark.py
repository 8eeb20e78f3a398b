"""`python -m launch.benchmark`: which topics it measures."""


def test_what_takes_minutes_is_measured_where_it_is_named(launch):
  ended = launch(['--help'], module='benchmark')
  usage = ' '.join(ended.out.split())
  assert 'all but precision, starting, whole_job by default' in usage


def test_topics_that_do_not_exist_are_refused(launch):
  ended = launch(['--only=whole_jobs'], module='benchmark')
  assert ended.code == 2
  assert 'whole_job' in ended.err


TOPIC = """
import os
from jaxsparse.benchmarks.harness import Comparison


def broken_off():
  for name, thunk in (('first', int), ('second', lambda: os._exit(7))):
    yield Comparison(
      name, thunk, thunk, thunk, aim=None, speedup=False, rounds=3
    )
"""


def test_each_row_is_printed_once_it_is_measured(launch, tensorflow):
  """A run that is killed at its second comparison has printed the first."""
  # This folder is on the path of the program.
  (tensorflow.parent / 'own_topics.py').write_text(TOPIC)
  ended = launch(['--only=own_topics.broken_off'], module='benchmark')
  assert ended.code == 7
  header, line, first = ended.out.splitlines()
  assert header.startswith('| what | base | ours |')
  cells = first.split(' | ')
  assert cells[0] == '| first'
  assert all(cell.endswith(' ms') for cell in cells[1:3])
  assert len({text.count('|') for text in (header, line, first)}) == 1
