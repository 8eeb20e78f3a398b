"""The report as text, read back block by block."""

import datetime
import re

import jax
import pytest

from jaxsparse.claims import Bound
from jaxsparse.report import page
from jaxsparse.studies.spec import Run, Study

S = 'updater.sparsity'
TITLES = [
  'Claims',
  'Notes',
  'Members without a result',
  'How it was made',
  'How to read it',
  'Times',
]


def sections(text):
  """What stands under each title; under '' what stands above them all."""
  head, *parts = re.split(r'^## (.*)\n', text, flags=re.MULTILINE)
  return {'': head} | dict(zip(parts[::2], parts[1::2], strict=True))


def told(results):
  return sections(page.markdown(results))


def cells(text):
  lines = [x for x in text.splitlines() if x.startswith('| ')]
  return [[c.strip() for c in x.strip('|').split(' | ')] for x in lines]


def test_members_that_rows_have_in_common_count_once(
  make_results, static_and_rigl, accuracy
):
  found = make_results(static_and_rigl(), accuracy)
  first, *_, last = found.members
  twice = [*found.members[:-1], last._replace(root=first.root)]
  head = told(found._replace(members=twice))['']
  assert 'in 5 rows, 3 seeds each: all 14 members finished' in head


def test_it_is_whole_and_in_order(make_results, static_and_rigl, accuracy):
  def number(row, seed):
    if (row.run, seed) == ('dense', 2):
      return 'the loss is not finite at step 37; kept is 30'
    return accuracy(row, seed)

  study = static_and_rigl(
    claims=(Bound('rigl', '>=', 90.0, at={S: 0.98}),),
    source='A | paper',
    notes='A note.',
  )
  found = told(make_results(study, number))
  assert list(found) == ['', *TITLES]
  head = found[''].split('\n\n')
  assert head[:3] == [
    '# Made up',
    'A \\| paper',
    '3 runs in 5 rows, 3 seeds each: of 15 members 14 finished and 1 failed.'
    ' 1 claim, judged at 1 place: 1 holds.',
  ]
  assert head[4].startswith('Test accuracy (%): mean ± sample standard')
  low, high = 95 - 2.484, 95 + 2.484  # t(2) / sqrt(3), at 95 %.
  assert found['Claims'].strip().split('\n\n')[0] == (
    '- Test accuracy: RigL ≥ 90 %, at sparsity 98 %\n  - **holds**: RigL at'
    f' sparsity 98 %: 95.00 % [{low:.2f}, {high:.2f}]'
  )
  assert 'Each claim is judged by itself' in found['How to read it']
  assert found['Notes'].strip() == 'A note.'
  assert found['Members without a result'].strip() == (
    '- Dense: 1 of 3 failed: loss not finite at step 37'
  )
  how = found['How it was made'].strip('\n').split('\n\n')
  assert how == [
    '    python -m launch.study --config=studies/made_up --workdir=DIR',
    '14 members of 100 steps each.',
    '- jax: 0.10.2\n- device: cpu x 2',
  ]


def test_the_table_has_the_papers_numbers(make_results):
  heading, rule, dense, *_, rigl = cells(told(make_results())[''])
  assert heading == [
    'run',
    'sparsity',
    'test accuracy (%)',
    'paper',
    'difference',
  ]
  assert rule == [':--', ':--', '--:', '--:', '--:']
  assert dense == ['Dense', '–', '98.00 ± 1.00 (3)', '97.50', '+0.50']
  assert rigl == ['RigL', '98 %', '95.00 ± 1.00 (3)', '93.00', '+2.00']


def test_what_is_not_there_has_no_title(make_results):
  assert list(told(make_results())) == ['', *TITLES[-3:]]


def test_the_last_section_says_when_where_and_how_long(make_results):
  said, *_ = told(make_results())['Times'].strip().split('\n\n')
  day = re.match(r'Written on (\d{4}-\d{2}-\d{2}), on ', said)[1]
  today = datetime.datetime.now().astimezone().date()
  # It may be midnight just now.
  assert (today - datetime.date.fromisoformat(day)).days in (0, 1)
  assert re.search(rf'\d+ cores? of .*, with jax {jax.__version__}\.', said)
  # 2.5 s, and one more for each row after the first.
  assert said.endswith('67.5 s in all members together.')
  assert cells(told(make_results(folder='more'))['Times'])[2] == [
    'Dense',
    '3',
    '2.5',
    '1,001',
  ]


def test_the_command_names_no_folder(make_results):
  results = make_results()._replace(
    command='python -m launch.study --config=a/b --workdir=/home/me/out'
    ' --override data.dir=/data/tfds'
  )
  assert (
    '    python -m launch.study --config=a/b --workdir=out'
    ' --override data.dir=tfds\n'
  ) in told(results)['How it was made']


def test_runs_that_differ_in_length_are_told(make_results):
  results = make_results()
  first, *others = results.members
  longer = first._replace(summary=first.summary | {'steps': 1500})
  results = results._replace(members=(longer, *others))
  assert '15 members of 100 to 1,500 steps each.' in page.markdown(results)


def test_how_rows_were_trained_is_told_where_it_differs(make_results):
  results = make_results()

  def notes(which, how='vmap'):
    members = tuple(
      m._replace(summary=m.summary | {'execution': {'how': how, 'width': 6}})
      if which(m)
      else m
      for m in results.members
    )
    return told(results._replace(members=members)).get('Notes', '').strip()

  assert notes(lambda m: m.row.run == 'rigl') == (
    'Trained one by one: Dense; Static, sparsity 90 %; Static, sparsity 98 %.'
    ' Trained by vmap, 6 together: RigL, sparsity 90 %; RigL, sparsity 98 %.'
  )
  assert notes(lambda m: m.row.run == 'dense' and m.seed == 1).startswith(
    'Trained by vmap, 6 together and one by one: Dense. Trained one by one: S'
  )
  assert notes(lambda m: True) == ''
  assert notes(lambda m: m.row.run == 'rigl', 'one_by_one') == ''


@pytest.mark.parametrize(
  ('label', 'cell'),
  [
    ('a | b <i>*x*\nnext', 'a \\| b \\<i>\\*x\\* next'),
    ('`a` \\', '\\`a\\` \\\\'),
  ],
)
def test_markdown_is_not_fooled_by_names(make_results, label, cell):
  study = Study('t', (Run('a', 'c', seeds=1, label=label),))
  text = page.markdown(make_results(study, lambda *_: 0.5))
  assert f'| {cell} | 50.00 (1) |' in text
