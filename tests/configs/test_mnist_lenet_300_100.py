"""The LeNet-300-100 recipe on MNIST, whole: orderings and figures.

The figures are an independent probe of the same recipe: 6 epochs, batch 100,
ERK 98 %, means of two seeds (dense: one).
"""

import os
import pathlib
import statistics

import pytest

from jaxsparse.runs.train import train
from jaxsparse.studies import config_files

_DATA = os.environ.get('JAXSPARSE_TEST_DATA')
_PROBE = {
  'static': (94.45 + 94.21) / 2,
  'set': (96.19 + 95.90) / 2,
  'rigl': (96.45 + 96.77) / 2,
  'gmp': (97.74 + 97.84) / 2,
  'dense': 98.29,
}


@pytest.mark.slow
@pytest.mark.skipif(
  not (_DATA and (pathlib.Path(_DATA) / 'mnist').is_dir()),
  reason='needs MNIST in JAXSPARSE_TEST_DATA',
)
def test_orderings_and_figures_of_three_seeds(tmp_path):
  accuracy = {}
  for method in _PROBE:
    config = config_files.load_config(f'mnist/lenet_300_100:{method}')
    config.data.dir = _DATA
    accuracies = []
    for config.seed in range(3):
      summary = train(config, tmp_path / f'{method}-{config.seed}')
      accuracies.append(100 * summary['test_accuracy'])
    accuracy[method] = statistics.fmean(accuracies)
  ranked = sorted(accuracy, key=accuracy.get)
  assert ranked == ['static', 'set', 'rigl', 'gmp', 'dense'], accuracy
  assert accuracy['rigl'] >= accuracy['static'] + 1, accuracy
  for method, figure in _PROBE.items():
    assert abs(accuracy[method] - figure) <= 0.7, (method, accuracy)
