"""Studies whose members are made up."""

import json

import pytest
from matplotlib.figure import Figure

from jaxsparse.report import report
from jaxsparse.report.figures import draw
from jaxsparse.results.rows import MemberResult
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Run, Study

SPARSITY = 'updater.sparsity'
STEPS = (0, 50, 100)


def write_member(folder, final, *, steps=STEPS):
  """A workdir as a run leaves it: accuracy rises evenly to `final`."""
  folder.mkdir(parents=True)
  records = [
    {'step': 10, 'loss': 1.5},
    *(
      {
        'step': step,
        'eval_accuracy': final * step / STEPS[-1],
        'gradient_norm': 2.0**-step,
      }
      for step in steps
    ),
  ]
  text = ''.join(json.dumps(record) + '\n' for record in records)
  (folder / 'metrics.jsonl').write_text(text)


def make_results(study, root, number):
  """Results of `study`: `number(row, seed)` is an accuracy or an error.

  An accuracy is a fraction. An error that begins with 'refused' is of a
  config that never had a workdir, one that begins with 'blocked' of a member
  that another process holds; any other is one of training.
  """
  members = []
  for index, row in enumerate(study.rows()):
    for seed in study.run(row.run).seed_list():
      found = number(row, seed)
      folder = root / f'{row.run}-{index}-seed{seed}'
      if isinstance(found, str):
        started = not found.startswith(('refused', 'blocked'))
        if started:
          write_member(folder, 0.5, steps=STEPS[:2])
        kind = found.split()[0].rstrip(':')
        kind = kind if kind in ('refused', 'blocked') else 'failed'
        held = folder if started else None
        members.append(MemberResult(row, seed, held, None, found, kind=kind))
        continue
      write_member(folder, found)
      summary = {
        'test_accuracy': found,
        'sparsity': dict(row.point).get(SPARSITY, 0.0),
        'steps': 100,
        'steps_per_second': 1000.0 + seed,
        'wall_seconds': 2.5 + index,
        'config_digest': f'{index:02x}{seed:02x}' * 16,
      }
      members.append(MemberResult(row, seed, folder, summary))
  command = 'python -m launch.study --config=studies/made_up --workdir=DIR'
  versions = (('jax', '0.10.2'), ('device', 'cpu x 2'))
  results = Results(study, 'made_up', tuple(members), command, versions)
  return results.judged()


def static_and_rigl(**fields):
  """Dense, and two methods at 90 and 98 %."""
  grid = {SPARSITY: (0.9, 0.98)}
  runs = (
    Run('dense', 'c', seeds=3, label='Dense', paper={'test_accuracy': 97.5}),
    Run('static', 'c', grid=grid, seeds=3, label='Static'),
    Run(
      'rigl',
      'c',
      grid=grid,
      seeds=3,
      label='RigL',
      paper={'test_accuracy': {0.98: 93.0}},
    ),
  )
  return Study(**{'title': 'Made up', 'runs': runs, **fields})


# Seeds 0, 1, 2 of each row, in per cent.
ACCURACIES = {
  ('dense', None): (97.0, 98.0, 99.0),
  ('static', 0.9): (90.0, 91.0, 92.0),
  ('static', 0.98): (60.0, 62.0, 64.0),
  ('rigl', 0.9): (96.0, 96.5, 97.0),
  ('rigl', 0.98): (94.0, 95.0, 96.0),
}


def accuracy(row, seed):
  """The number of a member of `static_and_rigl`."""
  return ACCURACIES[row.run, dict(row.point).get(SPARSITY)][seed] / 100


@pytest.fixture(scope='session')
def written(tmp_path_factory):
  """The report of `static_and_rigl`, which nobody changes."""
  root = tmp_path_factory.mktemp('written')
  results = make_results(static_and_rigl(), root / 'runs', accuracy)
  return report.write(results, root / 'report')


@pytest.fixture
def no_figures(monkeypatch):
  """For tests that look elsewhere: drawing takes most of the time."""
  monkeypatch.setattr(draw, 'all_figures', lambda results: [])


@pytest.fixture
def blank_figures(monkeypatch):
  """For tests of the files of figures, whatever is in them."""

  def save(figure, out, **options):
    out.write(b'figure')

  monkeypatch.setattr(Figure, 'savefig', save)


@pytest.fixture(name='make_results')
def _make_results(tmp_path):
  def make(study=None, number=accuracy, folder='runs'):
    return make_results(study or static_and_rigl(), tmp_path / folder, number)

  return make


@pytest.fixture(name='static_and_rigl')
def _static_and_rigl():
  return static_and_rigl


@pytest.fixture(name='accuracy')
def _accuracy():
  return accuracy


@pytest.fixture
def files():
  """Reads the files of a folder: path in it -> content."""

  def read(folder):
    return {
      str(p.relative_to(folder)): p.read_bytes()
      for p in folder.rglob('*')
      if p.is_file()
    }

  return read
