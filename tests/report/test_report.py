"""The report as files and as a page, read back with the standard library."""

import base64
import json
import re
from html.parser import HTMLParser

import pytest

from jaxsparse.claims import Bound, Difference, Ordering
from jaxsparse.config import identity
from jaxsparse.report import report
from jaxsparse.results.rows import MemberResult
from jaxsparse.runs import workdir
from jaxsparse.runs.train import train
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Against, Curves, Run, Study

S = 'updater.sparsity'
ENDS = ('png', 'svg', 'pdf', 'txt')
VOID = {'meta', 'link', 'img', 'br'}
NASTY = '</title><script>alert("1 & 2")</script>\'"&amp;'


class Page(HTMLParser):
  """Elements, in order: (tag, attributes, text within)."""

  def __init__(self, path):
    super().__init__()
    self.elements, self._open = [], []
    self.feed(path.read_text('utf-8'))
    self.close()
    self.unclosed = [e['tag'] for e in self._open]

  def handle_starttag(self, tag, attrs):
    element = {'tag': tag, 'attrs': dict(attrs), 'text': ''}
    self.elements.append(element)
    if tag not in VOID:
      self._open.append(element)

  def handle_endtag(self, tag):
    assert self._open.pop()['tag'] == tag

  def handle_data(self, data):
    for element in self._open:
      element['text'] += data

  def all(self, tag, **attrs):
    return [
      e
      for e in self.elements
      if e['tag'] == tag
      and all(v in (e['attrs'].get(k) or '').split() for k, v in attrs.items())
    ]

  def texts(self, tag, **attrs):
    return [e['text'] for e in self.all(tag, **attrs)]


def table_rows(path, index=0):
  """The cells of the page's table of that index."""
  text = re.findall(r'(?s)<table>.*?</table>', path.read_text('utf-8'))[index]
  return [
    [
      re.sub(r'<[^>]*>', '', cell)
      for cell in re.findall(r'<t[hd][^>]*>(.*?)</t[hd]>', row)
    ]
    for row in re.findall(r'(?s)<tr>(.*?)</tr>', text)
  ]


@pytest.mark.usefixtures('blank_figures')
def test_what_is_written(files, make_results, static_and_rigl, tmp_path):
  study = static_and_rigl(figures=(Against(S), Curves()))
  path = report.write(make_results(study), tmp_path / 'report')
  assert path == tmp_path / 'report' / 'report.html'
  stems = (
    '01-test_accuracy-against-sparsity',
    '02-eval_accuracy-curves',
    '03-eval_accuracy-every-run',
  )
  assert set(files(path.parent)) == {
    'report.html',
    'report.md',
    'table.csv',
    'times.csv',
    *(f'figures/{stem}.{end}' for stem in stems for end in ENDS),
  }


def test_again_gives_the_same_bytes(files, written, make_results, tmp_path):
  again = report.write(make_results(), tmp_path / 'again')
  assert files(again.parent) == files(written.parent)


@pytest.mark.usefixtures('no_figures')
def test_times_are_the_last_section(make_results, tmp_path):
  page = Page(report.write(make_results(), tmp_path / 'r'))
  last = page.all('section')[-1]
  assert last['attrs']['id'] == 'times'
  # 15 members: 2.5 s, and one more for each row after the first.
  assert '67.5 s in all members together' in last['text']


def test_the_page_stands_alone(written):
  page = Page(written)
  assert page.unclosed == []
  links = [
    e['attrs'][name]
    for e in page.elements
    for name in ('src', 'href', 'srcset', 'data')
    if name in e['attrs']
  ]
  assert links
  assert all(link.startswith('data:') for link in links)
  text = written.read_text('utf-8')
  assert not re.search(r'url\(|@import|<script|\bon\w+=', text)
  assert page.all('link', rel='icon')


def test_figures_are_those_of_the_files_and_have_words(written):
  images = Page(written).all('img')
  stored = sorted((written.parent / 'figures').glob('*.svg'))
  assert len(images) == len(stored) == 2
  for image, file in zip(images, stored, strict=True):
    encoded = image['attrs']['src'].removeprefix('data:image/svg+xml;base64,')
    assert base64.b64decode(encoded) == file.read_bytes()
    assert image['attrs']['alt'].startswith('Chart')
  captions = [caption['text'] for caption in Page(written).all('figcaption')]
  beside = sorted((written.parent / 'figures').glob('*.txt'))
  for caption, file in zip(captions, beside, strict=True):
    assert file.read_text('utf-8').strip() in caption.replace('\xa0', ' ')


@pytest.mark.usefixtures('no_figures')
def test_the_table_of_the_page(make_results, static_and_rigl, tmp_path):
  plain = report.write(make_results(), tmp_path / 'plain')
  assert table_rows(plain) == [
    ['run', 'sparsity', 'mean ± sd (n)', 'paper', 'difference'],
    ['Dense', '–', '98.00 ± 1.00 (3)', '97.50', '+0.50'],
    ['Static', '90 %', '91.00 ± 1.00 (3)', '–', '–'],
    ['Static', '98 %', '62.00 ± 2.00 (3)', '–', '–'],
    ['RigL', '90 %', '96.50 ± 0.50 (3)', '–', '–'],
    ['RigL', '98 %', '95.00 ± 1.00 (3)', '93.00', '+2.00'],
  ]
  results = make_results(static_and_rigl(across=S), folder='more')
  assert table_rows(report.write(results, tmp_path / 'across')) == [
    ['run', 'no sparsity', 'sparsity 90 %', 'sparsity 98 %'],
    ['Dense', '98.00 ± 1.00 (3)paper 97.50, diff. +0.50', '', ''],
    ['Static', '', '91.00 ± 1.00 (3)', '62.00 ± 2.00 (3)'],
    [
      'RigL',
      '',
      '96.50 ± 0.50 (3)',
      '95.00 ± 1.00 (3)paper 93.00, diff. +2.00',
    ],
  ]


@pytest.mark.usefixtures('no_figures')
def test_two_metrics_have_a_line_of_headings(
  make_results, static_and_rigl, tmp_path
):
  study = static_and_rigl(across=S, metrics=('test_accuracy', 'sparsity'))
  path = report.write(make_results(study), tmp_path / 'r')
  above, below, *_ = table_rows(path)
  assert above == ['', 'no sparsity', 'sparsity 90 %', 'sparsity 98 %']
  assert below == ['run', *(3 * ['test accuracy (%)', 'sparsity (%)'])]
  spans = Page(path).all('th', scope='colgroup')
  assert [e['attrs']['colspan'] for e in spans] == ['2', '2', '2']


@pytest.mark.usefixtures('no_figures')
def test_verdicts_are_said_in_words(make_results, static_and_rigl, tmp_path):
  at = {S: 0.98}
  study = static_and_rigl(
    claims=(
      Difference('rigl', 'static', '>=', 10.0, at=at, text='RigL is better'),
      Bound('dense', '>=', 99.9),
      Bound('static', '<=', 50.0, at=at),
      Ordering(('static', 'rigl')),
    )
  )
  path = report.write(make_results(study), tmp_path / 'r')
  page = Page(path)
  assert page.texts('span', **{'class': 'badge'}) == [
    '✓ holds',
    '? undecided',
    '✗ fails',
    '✓ holds',
    '✓ holds',
  ]
  assert 'RigL is better' in page.texts('p')
  (header,) = page.texts('header')
  assert header.strip().endswith(
    '3 runs in 5 rows, 3 seeds each: all 15 members finished. 4 claims,'
    ' judged at 5 places: 3 hold, 1 fails and 1 is undecided.'
  )


@pytest.fixture
def troubled(make_results, static_and_rigl, accuracy):
  """A study in which members failed and were refused."""

  def number(row, seed):
    if row.run == 'static':
      return f'refused {NASTY}'
    if (row.run, seed) == ('dense', 2):
      return 'the loss is not finite at step 37; kept is 30'
    return accuracy(row, seed)

  return make_results(static_and_rigl(), number)


@pytest.mark.usefixtures('no_figures')
def test_failures_are_listed_with_their_reasons(troubled, tmp_path):
  page = Page(report.write(troubled, tmp_path / 'r'))
  (header,) = page.texts('header')
  assert 'of 15 members 8 finished, 1 failed and 6 were refused.' in header
  assert 'The study states no claims.' in header
  listed = page.texts('li')
  assert (
    'Dense, seed 2, failed: the loss is not finite at step 37; kept is 30'
    in listed
  )
  assert (
    f'Static, sparsity 98 %, seed 0, 1, 2, refused: refused {NASTY}' in listed
  )
  assert '1 of 3 failed: loss not finite at step 37' in page.texts(
    'span', **{'class': 'why'}
  )


@pytest.mark.usefixtures('no_figures')
def test_a_report_names_no_folder(files, make_results, accuracy, tmp_path):
  def number(row, seed):
    if row.run != 'static':
      return accuracy(row, seed)
    kind = ('refused', 'blocked', 'failed')[seed]
    return f"{kind}: {tmp_path}/runs/a cannot be read; see '{tmp_path}/a b/c'"

  results = make_results(number=number)
  noted = results.members[0]._replace(note=f'lost at {tmp_path}/runs/b')
  results = results._replace(members=(noted, *results.members[1:]))
  for name, content in files(
    report.write(results, tmp_path / 'report').parent
  ).items():
    assert str(tmp_path).encode() not in content, name
  page = Page(tmp_path / 'report' / 'report.html')
  assert (
    "Static, sparsity 90 %, seed 2, failed: failed: a cannot be read; see 'c'"
    in page.texts('li')
  )
  assert 'lost at b' in page.texts('td')


@pytest.mark.usefixtures('no_figures')
def test_members_are_listed_with_folder_and_digest(make_results, tmp_path):
  results = make_results()
  noted = results.members[3]._replace(note='trained by vmap, width 3')
  members = (*results.members[:3], noted, *results.members[4:])
  config = {'seed': 0}
  stored = (json.dumps({'config': config}), '{"half')
  for member, text in zip(members[:2], stored, strict=True):
    (member.root / workdir.CONFIG).write_text(text)
  path = report.write(results._replace(members=members), tmp_path / 'r')
  assert len(Page(path).all('details')) == 1
  heads, first, second, *_, last = table_rows(path, 1)
  assert heads == ['row', 'seed', 'folder', 'config digest', 'note']
  digest = identity.whole_digest(config)
  assert first == ['Dense', '0', 'dense-0-seed0', digest, '']
  assert second == ['Dense', '1', 'dense-0-seed1', '', '']
  assert last[:3] == ['RigL, sparsity 98 %', '2', 'rigl-4-seed2']
  assert table_rows(path, 1)[4][-1] == 'trained by vmap, width 3'


def test_whatever_a_study_says_is_text(make_results, tmp_path):
  study = Study(
    NASTY,
    (Run('a', 'c', seeds=2, label=NASTY, grid={S: (0.5, 0.9)}),),
    source=NASTY,
    notes=f'{NASTY}\n\nsecond',
    figures=(Against(S), Curves()),
    claims=(Bound('a', '>=', 1.0, text=NASTY),),
  )
  results = make_results(
    study, lambda row, seed: NASTY if seed else 0.5
  )._replace(command=NASTY, versions=((NASTY, NASTY),))
  page = Page(report.write(results, tmp_path / 'r'))
  assert page.unclosed == []
  assert not page.all('script')
  assert page.texts('title') == [NASTY]
  assert page.texts('h1') == [NASTY]
  assert page.texts('pre') == [NASTY]
  assert page.texts('dt') == page.texts('dd') == [NASTY]
  assert page.texts('p').count(NASTY) == 3
  assert NASTY in page.all('img')[0]['attrs']['alt']


@pytest.mark.usefixtures('blank_figures')
def test_what_the_study_no_longer_asks_for_goes(
  make_results, static_and_rigl, tmp_path
):
  folder = tmp_path / 'r'
  report.write(make_results(static_and_rigl(figures=(Against(S),))), folder)
  (folder / 'figures' / 'mine.txt').write_text('kept')
  report.write(make_results(static_and_rigl(), folder='more'), folder)
  assert sorted(p.name for p in (folder / 'figures').iterdir()) == [
    *(f'01-eval_accuracy-curves.{end}' for end in sorted(ENDS)),
    *(f'02-eval_accuracy-every-run.{end}' for end in sorted(ENDS)),
    'mine.txt',
  ]


@pytest.mark.usefixtures('blank_figures')
def test_a_report_that_cannot_be_written_leaves_the_old_one(
  files, make_results, tmp_path
):
  results = make_results()
  folder = report.write(results, tmp_path / 'r').parent
  before = files(folder)
  broken = results.members[0].root / 'metrics.jsonl'
  broken.write_text('{half\n{}\n')
  with pytest.raises(ValueError, match='line 1'):
    report.write(results, folder)
  assert files(folder) == before


def test_nothing_but_failures_still_makes_a_report(make_results, tmp_path):
  results = make_results(number=lambda row, seed: 'refused: no such field')
  page = Page(report.write(results, tmp_path / 'r'))
  assert not page.all('figure')
  assert '3 of 3 refused: refused: no such field' in page.texts(
    'span', **{'class': 'why'}
  )


def test_the_report_of_a_run_that_was_trained(make_config, tmp_path):
  study = Study('Trained', (Run('rigl', 'c', seeds=1),))
  (row,) = study.rows()
  root = tmp_path / 'run'
  made = train(make_config(seed=0), root)
  member = MemberResult(row, 0, root, made)
  results = Results(study, 'trained', (member,), 'command', ())
  path = report.write(results, tmp_path / 'report')
  shown = 100 * made['test_accuracy']
  assert table_rows(path)[1] == ['rigl', f'{shown:.2f} (1)']
  assert len(Page(path).all('figure')) == 2
  digest = identity.whole_digest(workdir.read_config(root))
  assert digest in Page(path).texts('code')
  assert digest != made['config_digest']
