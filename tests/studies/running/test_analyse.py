"""Analyses of a small study: what goes into them, and what becomes of it."""

import csv
import dataclasses
import importlib
import json
import logging
import shutil
import sys

import numpy as np
import pytest
from scipy import stats

from jaxsparse.analyses.harness import stored
from jaxsparse.analyses.harness.result import Result
from jaxsparse.claims import Bound
from jaxsparse.plotting.lines import Lines
from jaxsparse.report import report
from jaxsparse.results.rows import Pooled
from jaxsparse.studies.planning.check import check
from jaxsparse.studies.running import run as run_lib
from jaxsparse.studies.spec import Analysis

SPARSITY = 'updater.sparsity'


def number(root):
  """What tells a member: its seed, and ten times its sparsity."""
  config = json.loads((root / 'config.json').read_text())['config']
  return config['seed'] + 10 * config['updater']['sparsity']


PAIRS = Lines(
  title='Pairs',
  caption=('A caption',),
  alt='Values',
  x='at',
  y={'number': 'number'},
)


@PAIRS
def pair(workdirs):
  first, second = map(number, workdirs)
  table = {'at': [0, 1], 'number': [first, second]}
  return Result({'pair': first + second / 100}, table)


@PAIRS
def quiet(workdirs):
  return Result({'quiet': number(*workdirs)}, {'at': [0], 'number': [1.0]})


def pooled(pools):
  of = [[number(root) for root in pool] for pool in pools]
  spread = {'mean': len(of[0]), 'std': 0.5, 'values': []}
  return {'own': sum(of[0]), 'others': sum(sum(p) for p in of[1:]), 'n': spread}


def refusing(pools):
  raise ValueError('no good')


@pytest.fixture(scope='module')
def made(study, tiny, tmp_path_factory):
  grid = {SPARSITY: (0.5, 0.8)}
  asked = study(
    tiny('rigl', grid=grid, seeds=3),
    tiny('set', 'set', grid=grid, seeds=(0, 1, 2, 5)),
    tiny('blown', 'set', {'optimizer.learning_rate': 1e30}),
    metrics=('test_accuracy', 'own', 'pair'),
    claims=(Bound('rigl', '>=', 1.0, metric='own', at={SPARSITY: 0.8}),),
    analyses=(
      Analysis('pairs', ('rigl', 'set@5'), pair),
      Analysis('same', ('set', 'rigl'), pair),
      Analysis('quiet', ('set',), quiet, drawn=False),
      Analysis('all', ('rigl', 'set', 'rigl@1'), pooled, pooled=True),
      Analysis('one', ('set@2',), pooled, pooled=True),
      Analysis('no', ('rigl',), refusing, pooled=True),
      Analysis('none', ('rigl', 'blown'), pooled, pooled=True),
    ),
  )
  root = tmp_path_factory.mktemp('analysed')
  return asked, root, again(asked, root)


def again(asked, root):
  return run_lib.run(asked, root, root / 'runs', name='a', command='again')


def of(results, name):
  return [m for m in results.members if m.row.run == name]


def test_a_fixed_seed_goes_with_every_member(made):
  for member in of(made[2], 'rigl'):
    sparsity = 10 * dict(member.row.point)[SPARSITY]
    expected = member.seed + sparsity + (5 + sparsity) / 100
    assert member.summary['pair'] == pytest.approx(expected)


def test_without_one_the_same_seed_does_where_there_is_one(made):
  for member in of(made[2], 'set'):
    sparsity = 10 * dict(member.row.point)[SPARSITY]
    expected = 1.01 * (member.seed + sparsity)
    found = member.summary.get('pair')
    assert found == (None if member.seed == 5 else pytest.approx(expected))


def test_one_that_is_not_to_be_drawn_gives_its_numbers_alone(made):
  for member in of(made[2], 'set'):
    assert member.summary['quiet'] == pytest.approx(number(member.root))
  assert [drawing.name for drawing in made[2].drawings] == ['pair']


def test_a_pooled_analysis_is_of_all_seeds_of_each_row(made):
  asked, _, results = made
  for row, at in zip(asked.run('rigl').rows(), (5, 8), strict=True):
    assert results.pooled[row] == {
      'own': Pooled(pytest.approx(0 + 1 + 2 + 3 * at), None, 3),
      'others': Pooled(pytest.approx(8 + 4 * at + 1 + at), None, 3),
      'n': Pooled(3, 0.5, 3),
    }
  for row in asked.run('set').rows():
    assert results.pooled[row]['n'] == Pooled(1, 0.5, 1)


def test_its_numbers_are_kept_with_what_they_are_of(made):
  _, root, results = made
  first = of(results, 'rigl')[0].root.name
  content = json.loads((root / f'analyses/all/{first}.json').read_text())
  assert [len(names) for names in content['inputs']] == [3, 4, 1]
  assert content['inputs'][0][0] == first


def test_one_that_fails_or_lacks_members_gives_no_number(made):
  _, root, results = made
  for member in of(results, 'rigl'):
    assert member.note == 'analysis no failed: no good'
  assert not (root / 'analyses/none').exists()


def test_what_is_found_is_not_sought_again(made, monkeypatch):
  asked, root, results = made
  monkeypatch.setattr(stored, 'write', None)
  kept = tuple(a for a in asked.analyses if a.name != 'no')
  found = again(dataclasses.replace(asked, analyses=kept), root)
  assert found.pooled == results.pooled
  assert [m.summary for m in found.members] == [
    m.summary for m in results.members
  ]
  (one,), (other,) = found.drawings, results.drawings
  for a, b in zip(one.parts, other.parts, strict=True):
    assert a.inputs == b.inputs
    np.testing.assert_array_equal(a.table['number'], b.table['number'])


class TestMadeAnew:
  """What is kept is of this code and of these runs, or it is made anew."""

  CODE = """
import pathlib
from jaxsparse.analyses.harness.result import Result
from jaxsparse.plotting.bars import Bars
made = []
BARS = Bars(title='Counts', caption=('Calls',), alt='', x='of', y={'n': 'n'})
@BARS
def counted(workdirs):
  made.append([pathlib.Path(w).name for w in workdirs])
  return Result({'count': 1.25}, {'of': ['runs'], 'n': [len(workdirs)]})
"""

  @pytest.fixture
  def counted(self, tmp_path, monkeypatch):
    """The function of a file, and the list of its calls."""
    (tmp_path / 'my_analyses.py').write_text(self.CODE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'my_analyses', raising=False)
    module = importlib.import_module('my_analyses')
    return module.counted, module.made

  @pytest.fixture
  def asked(self, study, tiny, counted, made):
    """Two members of the study that is made already."""
    run = made[0].run('set')
    return study(run, analyses=(Analysis('count', ('set',), counted[0]),))

  @pytest.fixture
  def root(self, tmp_path, made):
    shutil.copytree(made[1] / 'runs', tmp_path / 'runs')
    return tmp_path

  def test_where_nothing_changed_it_is_kept(self, asked, root, counted):
    again(asked, root)
    assert len(counted[1]) == 8
    again(asked, root)
    assert len(counted[1]) == 8

  def test_one_of_a_users_file_has_its_number_and_figure_in_the_report(
    self, asked, root, counted
  ):
    analysis = Analysis('own', ('set',), 'my_analyses.counted')
    fields = {'analyses': (analysis,), 'metrics': ('count',)}
    results = again(dataclasses.replace(asked, **fields), root)
    assert len(counted[1]) == 8
    folder = report.write(results, root / 'report').parent
    text = (folder / 'report.md').read_text()
    assert text.count('| 1.2500 ± 0.0000 (4) |') == 2
    assert (folder / 'figures/02-counted.svg').exists()
    page = (folder / 'report.html').read_text()
    assert 'Calls; means over seeds' in page

  def test_another_source_counts(self, asked, root, counted, caplog):
    again(asked, root)
    path = root / 'my_analyses.py'
    path.write_text(path.read_text() + '# mended')
    caplog.set_level(logging.INFO, logger='jaxsparse')
    again(asked, root)
    assert len(counted[1]) == 16
    said = [m for m in caplog.messages if 'made anew' in m]
    assert len(said) == 8
    assert said[0].startswith('analysis count of digits-mlp-set-')
    assert said[0].endswith(
      "changed since is the file of the analysis' function"
    )

  def test_another_summary_counts(self, asked, root, counted, caplog):
    (first, *_) = again(asked, root).members
    path = first.root / 'summary.json'
    summary = json.loads(path.read_text())
    path.write_text(json.dumps(summary | {'active_weights': 1}))
    caplog.set_level(logging.INFO, logger='jaxsparse')
    again(asked, root)
    assert counted[1][8:] == [[first.root.name]]
    (said,) = [m for m in caplog.messages if 'made anew' in m]
    assert said == (
      f'analysis count of {first.root.name} is made anew: changed since is a'
      ' summary of its members'
    )

  @pytest.mark.parametrize(
    'change', [{'analyses': [{'numbers': {}}]}, {'wall_seconds': 1e6}]
  )
  def test_notes_and_the_clock_count_for_nothing(
    self, asked, root, counted, change
  ):
    (first, *_) = again(asked, root).members
    path = first.root / 'summary.json'
    summary = json.loads(path.read_text())
    path.write_text(json.dumps(summary | change))
    again(asked, root)
    assert len(counted[1]) == 8

  def test_one_that_is_damaged_is_made_again(self, asked, root, counted):
    (first, *_) = again(asked, root).members
    path = root / 'analyses' / 'count' / f'{first.root.name}.json'
    path.write_text('[]')
    again(asked, root)
    assert counted[1][8:] == [[first.root.name]]


@pytest.fixture(scope='module')
def folder(made):
  return report.write(made[2], made[1] / 'report').parent


class TestReport:
  """What a report shows of it."""

  def test_results_of_one_function_share_a_figure(self, made, folder):
    (drawing,) = made[2].drawings
    labels = [[i.label for i in part.inputs] for part in drawing.parts]
    assert len(labels) == 2 * 3 + 2 * 3
    assert labels[0] == ['rigl, sparsity 50 %', 'set, sparsity 50 %, seed 5']
    assert labels[-1] == ['set, sparsity 80 %', 'rigl, sparsity 80 %']
    styles = {p.inputs[0].label: dict(p.inputs[0].style) for p in drawing.parts}
    assert styles['rigl, sparsity 50 %']['color'] == '#0072B2'
    assert len({style['color'] for style in styles.values()}) == 4
    names = sorted(path.name for path in (folder / 'figures').iterdir())
    ends = ('pdf', 'png', 'svg', 'txt')
    assert names[4:8] == [f'02-pair.{end}' for end in ends]
    page = (folder / 'report.html').read_text()
    assert 'Figure 2. Pairs.</strong> A caption; means over seeds' in page
    assert 'sparsity 80 % to set, sparsity 80 %, seed 5, ' in page

  def test_it_has_the_same_bytes_when_results_were_stored(self, made, folder):
    asked, root, _ = made
    other = report.write(again(asked, root), root / 'other').parent
    for end in ('png', 'svg'):
      one, two = (f / f'figures/02-pair.{end}' for f in (folder, other))
      assert one.read_bytes() == two.read_bytes()

  def test_a_pooled_number_is_marked(self, folder):
    text = (folder / 'report.md').read_text()
    row = next(x for x in text.splitlines() if x.startswith('| rigl | 80 %'))
    assert '| 27.0000 (3 pooled) |' in row
    assert 'Where the bracket says pooled' in text
    page = (folder / 'report.html').read_text()
    assert '27.0000<span class="n"> (3 pooled)</span>' in page

  def test_it_has_one_line_of_the_csv(self, made, folder):
    rows = list(csv.DictReader((folder / 'table.csv').open()))
    own = [r for r in rows if r['metric'] == 'own' and r['run'] == 'rigl']
    assert [(r['seed'], r[SPARSITY], float(r['value'])) for r in own] == [
      ('pooled', '0.5', 18.0),
      ('pooled', '0.8', 27.0),
    ]
    pairs = [r for r in rows if r['metric'] == 'pair' and r['run'] == 'rigl']
    assert [r['seed'] for r in pairs] == ['0', '1', '2'] * 2

  def test_a_claim_on_it_is_undecided_and_says_why(self, folder):
    text = (folder / 'report.md').read_text()
    assert '**undecided**: rigl at sparsity 80 %: cannot be told' in text
    assert '; a number of all seeds together has no interval' in text


def test_a_claim_on_it_is_judged_where_each_part_is_known(made):
  asked, _, results = made
  rows = [row for row in asked.rows() if row.run == 'rigl']
  parts = (0.0102, 0.01, 0.0098)
  given = {row: {'ensemble_gain': Pooled(0.01, None, 3, parts)} for row in rows}
  claim = Bound('rigl', '>=', 0.9, metric='ensemble_gain')
  study = dataclasses.replace(asked, claims=(claim,))
  judged = results._replace(study=study, pooled=given).judged()
  ((_, found),) = judged.verdicts
  mean = stats.ttest_1samp(np.multiply(100, parts), 0.0)
  low, high = mean.confidence_interval()
  assert [v.outcome for v in found] == ['holds'] * len(rows)
  assert found[0].text.endswith(f': 1.00 points [{low:.2f}, {high:.2f}]')


@pytest.mark.parametrize(
  ('analysis', 'said'),
  [
    (
      Analysis('a', ('dense@7',), pair),
      "'dense' has no seed 7; accepted are 0",
    ),
    (Analysis('a', ('dens@0',), pair), "got 'dens'.*Did you mean 'dense'"),
    (Analysis('a', 'dense', pair), 'accepted is a tuple of runs'),
    (Analysis('a', (3,), pair), 'of: got 3; accepted are dense'),
    (Analysis('a', ('dense',), pooled), 'pooled takes pools; accepted is True'),
    (Analysis('a', ('dense',), pair, pooled=True), 'single runs; .* is False'),
    (Analysis('a', ('dense',), 'hessian'), 'hessian needs the option step'),
    (
      Analysis('a', ('dense',), 'hessian', {'step': 5, 'examples': 1.5}),
      'examples is 1.5; accepted is an int',
    ),
  ],
)
def test_what_cannot_be_made_is_refused_before_anything_runs(
  study, tiny, analysis, said
):
  with pytest.raises(ValueError, match=said):
    check(study(tiny('dense', 'dense'), analyses=(analysis,)))
