"""One piece of each kind from a user's own files, and a report with all."""

import pathlib
import shutil

ROOT = pathlib.Path(__file__).parents[2]

PIECES = """
import jax.numpy as jnp
import optax
from jaxsparse.analyses.harness.result import Result
from jaxsparse.metrics import Metric
from jaxsparse.runs import finished
from jaxsparse.training.task import supervised


def focal(module):
  def loss(logits, labels):
    nats = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return (1 - jnp.exp(-nats)) ** 2 * nats

  return supervised(module, loss)


def sure(logits, labels, losses):
  return losses < 0.1


def sureness():
  return Metric('sureness', 'share of sure labels', 100.0, '%', terms=sure)


def triangle(num_steps):
  return lambda step: 1 - jnp.abs(2 * jnp.float32(step) / num_steps - 1)


def largest_weight(workdirs):
  (run,) = finished.load_each(workdirs, count=1)
  kernel = finished.solution(run).params['Dense_0']['kernel']
  return Result({'largest_weight': float(abs(kernel).max())})
"""

STUDY = """
import own_kinds
from jaxsparse.studies.spec import Analysis, Run, Study


def get_config():
  return Study(
    title='All of my own',
    runs=(
      Run(
        'mine',
        'digits/mlp:rigl',
        {
          'num_steps': 40,
          'model.features': (16,),
          'updater.update_interval': 10,
          'task': 'my_pieces.focal',
          'metrics': ('accuracy', 'my_pieces.sureness'),
          'optimizer.schedule': 'my_pieces.triangle',
        },
        seeds=2,
      ),
    ),
    metrics=('test_accuracy', 'test_sureness', 'largest_weight'),
    analyses=(Analysis('largest', ('mine',), 'my_pieces.largest_weight'),),
    figures=(own_kinds.Best('test_sureness'),),
    claims=(own_kinds.Worst('mine', 0.0, metric='test_sureness'),),
  )
"""


def test_a_report_has_a_piece_of_each_kind_from_outside(start, tmp_path):
  for name, code in (('my_pieces', PIECES), ('my_study', STUDY)):
    (tmp_path / f'{name}.py').write_text(code)
  shutil.copy(ROOT / 'tests/report/own_kinds.py', tmp_path)
  study, out = tmp_path / 'my_study.py', tmp_path / 'out'
  done = start(
    [f'--config={study}', f'--workdir={out}'],
    module='study',
    PYTHONPATH=f'{tmp_path}:{ROOT}',
  ).end()
  assert not done.code, done.err
  report = (tmp_path / 'out/report/report.md').read_text()
  heading = next(line for line in report.splitlines() if '| run' in line)
  for metric in ('test share of sure labels (%)', 'largest weight'):
    assert metric in heading
  assert 'Test share of sure labels: every seed of mine has 0 points' in report
  assert '- **holds**: worst of mine' in report
  assert (tmp_path / 'out/report/figures/01-best.svg').exists()
  lines = report.splitlines()
  row = next(line for line in lines if line.startswith('| mine'))
  assert row.count('(2)') == 3
