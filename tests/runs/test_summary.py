import numpy as np
import pytest

from jaxsparse.config import identity
from jaxsparse.config.defaults import default_config
from jaxsparse.runs import summary, versions
from jaxsparse.runs.build import build
from jaxsparse.training.executors import Execution


@pytest.fixture(scope='module')
def experiment():
  config = default_config(updater='static')
  config.num_steps = 30
  config.model.features = (20,)
  config.updater.update(sparsity=0.5, distribution='layer_map')
  config.updater.layers = ('Dense_1/kernel=0.25',)
  return build(config)


ACTIVE = {'Dense_0/kernel': 640, 'Dense_1/kernel': 150}


def summarise(experiment, **more):
  return summary.summarise(
    experiment,
    scores={'test_accuracy': 0.96703, **more},
    active=ACTIVE,
    steps_per_second=1234.567,
    wall_seconds=61.2345,
    execution=Execution('vmap', 3, 8),
  )


def test_a_summary_holds_what_is_promised(experiment):
  # 64 x 20 and 20 x 10 weights, half and three quarters of them active.
  found = summarise(experiment)
  assert found == {
    'test_accuracy': 0.96703,
    'sparsity': pytest.approx(1 - 790 / 1480),
    'active_weights': 790,
    'total_weights': 1480,
    'layer_sparsity': {'Dense_0/kernel': 0.5, 'Dense_1/kernel': 0.25},
    'steps': 30,
    'steps_per_second': 1234.57,
    'wall_seconds': 61.23,
    'execution': {'how': 'vmap', 'width': 3, 'devices': 8},
    'config_digest': identity.digest(experiment.config),
    'made_with': versions.made_with(),
  }


def test_the_table_says_all_in_one_column(experiment):
  lines = summary.table(summarise(experiment)).splitlines()
  facts = [line.split('  ')[-1].strip() for line in lines]
  assert facts[:5] == [
    *('96.70 %', '0.4662', '790 of 1,480', '0.5000', '0.2500'),
  ]
  assert facts[5:8] == ['30', '1,235', '61.2']
  starts = {len(line) - len(f) for line, f in zip(lines, facts, strict=True)}
  assert len(starts) == 1


def test_sparsities_are_shares_of_zeros(experiment):
  assert summary.sparsity(experiment, ACTIVE) == 1 - 790 / 1480
  layers = summary.layer_sparsity(experiment, dict.fromkeys(ACTIVE, 0))
  assert layers == dict.fromkeys(ACTIVE, 1.0)
  assert np.isclose(
    summary.layer_sparsity(experiment, ACTIVE)['Dense_1/kernel'], 0.25
  )


def test_other_scores_are_in_the_table(experiment):
  found = summarise(experiment, validation_accuracy=0.6, test_bits=2.1604)
  assert (found['validation_accuracy'], found['test_bits']) == (0.6, 2.1604)
  rows = [line.split(maxsplit=2) for line in summary.table(found).splitlines()]
  assert rows[:3] == [
    ['test', 'accuracy', '96.70 %'],
    ['validation', 'accuracy', '60.00 %'],
    ['test', 'bits', '2.160 a character'],
  ]
