import re

import pytest

from jaxsparse.experiments import outline
from jaxsparse.experiments.build import build
from jaxsparse.experiments.config import default_config


def facts(experiment):
  lines = outline.text(experiment).splitlines()
  return dict(re.split(r'  +', line, maxsplit=1) for line in lines)


@pytest.fixture(scope='module')
def experiment():
  config = default_config(updater='static')
  config.num_steps, config.replicates = 30, 3
  config.model.features = (20,)
  config.updater.update(sparsity=0.5, distribution='layer_map')
  config.updater.layers = ('Dense_1/kernel=0.25',)
  return build(config, without_data=True)


def test_every_leaf_and_the_sum(experiment):
  # 64 x 20 and 20 x 10 weights, half and three quarters of them active.
  rows = [r.split() for r in outline.layers(experiment).splitlines()]
  assert rows == [
    ['leaf', 'shape', 'sparsity', 'active', 'weights'],
    ['Dense_0/bias', '20', 'dense', '20'],
    ['Dense_0/kernel', '64x20', '0.5000', '640', '1,280'],
    ['Dense_1/bias', '10', 'dense', '10'],
    ['Dense_1/kernel', '20x10', '0.2500', '150', '200'],
    ['masked', 'leaves', '0.4662', '790', '1,480'],
  ]


def test_the_facts_of_a_run(experiment):
  assert facts(experiment) == {
    'data': 'digits: 1,442 examples to train, 355 to test',
    # 30 x 128 of 1,442.
    'steps': '30 of 128 examples: 2.663 epochs',
    'mask steps': 'none',
    'members': '3',
    'parameters': '1,510',
    'active weights': '790 of 1,480',
    'sparsity': '0.4662',
    'multiply-adds': '790 of 1,480 an example',
  }


def test_multiply_adds_are_those_of_every_position():
  """LeNet5 on 28 x 28: 24 x 24 and 8 x 8 positions of 5 x 5 windows."""
  config = default_config(updater='static', model='lenet5')
  config.data.name, config.data.dir = 'mnist', '/nowhere'
  config.num_steps = 1
  config.updater.update(sparsity=0.9, distribution='uniform', dense_first=True)
  weights = (25 * 6, 25 * 6 * 16, 256 * 120, 120 * 84, 84 * 10)
  positions = (24 * 24, 8 * 8, 1, 1, 1)
  active = (150, *(n - n * 9 // 10 for n in weights[1:]))
  found = outline.multiply_adds(build(config, without_data=True))
  assert found == tuple(
    sum(n * p for n, p in zip(which, positions, strict=True))
    for which in (active, weights)
  )


def test_the_size_of_a_run(make_config):
  # 64x16 and 16x10 with biases; 1,442 examples, of which a quarter is cut.
  config = make_config(data__validation=0.25)
  size = outline.size(build(config, without_data=True))
  assert size.parameters == 64 * 16 + 16 + 16 * 10 + 10
  assert (size.weights, size.active) == (1184, 238)
  assert size.sparsity == 1 - 238 / 1184
  # Those below floor(0.75 x 30) that 5 divides.
  assert size.mask_steps == len([0, 5, 10, 15, 20])
  assert size.epochs == 30 * 16 / (1442 - 360)


def test_multiply_adds_that_cannot_be_told_are_unknown(experiment, monkeypatch):
  def refuse(experiment):
    raise ValueError('a custom call')

  monkeypatch.setattr(outline.costs, 'forward', refuse)
  assert outline.multiply_adds(experiment) is None
  assert facts(experiment)['multiply-adds'] == 'unknown'


@pytest.mark.parametrize(
  ('fields', 'shown'),
  [
    ({}, '5: 0, 5 ... 20'),
    ({'updater__stop_step': 11, 'updater__start_step': 1}, '2: 1, 6'),
    ({'updater__update_interval': 1000}, '1: 0'),
  ],
)
def test_mask_steps_are_told_by_the_first_and_the_last(
  make_config, fields, shown
):
  experiment = build(make_config(**fields), without_data=True)
  assert facts(experiment)['mask steps'] == shown


def test_data_that_are_not_here_are_told(make_config, tmp_path):
  config = make_config(
    model='lenet5', data__name='mnist', data__dir=str(tmp_path)
  )
  assert facts(build(config, without_data=True))['data'] == (
    'mnist: 60,000 examples to train, 10,000 to test (not on this machine;'
    ' sizes as published)'
  )
