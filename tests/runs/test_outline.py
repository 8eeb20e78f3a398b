import re

import pytest

from jaxsparse.config.defaults import default_config
from jaxsparse.runs import layer_table, outline, reading
from jaxsparse.runs.build import build
from jaxsparse.studies.config_files import load_config


def facts(experiment):
  lines = outline.text(experiment).splitlines()
  return dict(re.split(r'  +', line, maxsplit=1) for line in lines)


@pytest.fixture(scope='module')
def experiment():
  config = default_config(updater='static')
  config.num_steps = 30
  config.model.features = (20,)
  config.updater.update(sparsity=0.5, distribution='layer_map')
  config.updater.layers = ('Dense_1/kernel=0.25',)
  return build(config, reading.describe)


def test_the_facts_of_a_run(experiment):
  assert facts(experiment) == {
    'data': 'digits: 1,442 examples to train, 355 to test',
    # 30 x 128 of 1,442.
    'steps': '30 of 128 examples: 2.663 epochs',
    'mask steps': 'none',
    'parameters': '1,510',
    'active weights': '790 of 1,480',
    'sparsity': '0.4662',
    'multiply-adds': '790 of 1,480 an example: 0.5338',
    'training': '0.5338 of the multiply-adds of a dense run',
    # A bit for each of 1,480 positions; columns, and 20 and 10 rows.
    'bytes': (
      f'{4 * (790 + 30) + 185:,} with a bit mask,'
      f' {4 * (2 * 790 + 30 + 21 + 11):,} in compressed rows;'
      f' dense {4 * 1510:,}'
    ),
    # An addition for each product, and a bias and a ReLU for each unit.
    'micronet': (
      f'{2 * 790 + 30:,} of {2 * 1480 + 30:,} FLOPs an example:'
      f' {1610 / 2990:.4f}, training {1610 / 2990:.4f};'
      f' {4 * (790 + 30) + 185:,} bytes with a bit mask; dense {4 * 1510:,}'
    ),
  }


def test_printed_figures_of_resnet_50_are_told():
  """Evci et al. 2020: 8.2e9 FLOPs, of which 0.23 at 80 %; in bytes 102.122e6.

  A mask step in 100 for 25,000 of 32,000 steps adds little to training.
  """
  config = load_config('imagenet/resnet50:rigl')
  found = facts(build(config, reading.describe))['micronet']
  sparse, dense = re.findall(r'([\d,]+) of ([\d,]+) FLOPs', found)[0]
  assert (sparse[:4], dense[:4]) == ('1,84', '8,20')
  share = 0.22536 + 250 * (1 - 0.22536) / (3 * 32_000)
  assert f': 0.2254, training {share:.4f};' in found
  assert found.endswith('dense 102,121,888')


def test_multiply_adds_are_those_of_every_position():
  """LeNet5 on 28 x 28: 24 x 24 and 8 x 8 positions of 5 x 5 windows."""
  config = default_config(updater='static', model='lenet5')
  config.data.name, config.data.dir = 'mnist', '/nowhere'
  config.num_steps = 1
  config.updater.update(sparsity=0.9, distribution='uniform', dense_first=True)
  weights = (25 * 6, 25 * 6 * 16, 256 * 120, 120 * 84, 84 * 10)
  positions = (24 * 24, 8 * 8, 1, 1, 1)
  active = (150, *(n - n * 9 // 10 for n in weights[1:]))
  found = outline.multiply_adds(build(config, reading.describe))
  assert found == tuple(
    sum(n * p for n, p in zip(which, positions, strict=True))
    for which in (active, weights)
  )


def test_the_size_of_a_run(make_config):
  # 64x16 and 16x10 with biases; 1,442 examples, of which a quarter is cut.
  config = make_config(data__validation=0.25)
  size = outline.size(build(config, reading.describe))
  assert size.parameters == 64 * 16 + 16 + 16 * 10 + 10
  assert (size.weights, size.active) == (1184, 238)
  assert size.sparsity == 1 - 238 / 1184
  # Those below floor(0.75 x 30) that 5 divides.
  assert size.mask_steps == len([0, 5, 10, 15, 20])
  assert size.epochs == 30 * 16 / (1442 - 360)


def test_multiply_adds_that_cannot_be_told_are_unknown(experiment, monkeypatch):
  def refuse(experiment, **_):
    raise ValueError('a custom call')

  monkeypatch.setattr(outline.costs, 'forward', refuse)
  assert outline.multiply_adds(experiment) is None
  assert facts(experiment)['multiply-adds'] == 'unknown'
  assert facts(experiment)['training'] == 'unknown'
  assert facts(experiment)['micronet'] == 'unknown'
  rows = [r.split() for r in layer_table.text(experiment).splitlines()]
  assert ['Dense_1/kernel', '20x10', '0.2500', '150', '200'] in rows


@pytest.mark.parametrize(
  ('method', 'said'),
  [
    # 30 steps; mask steps 0, 5 ... 20 read the gradient of all 1,184 weights.
    ('rigl', f'{(25 * 3 * 238 + 5 * (2 * 238 + 1184)) / (90 * 1184):.4f} of'),
    ('set', f'{238 / 1184:.4f} of'),
    # Dense up to and with step 0, and its one mask step.
    ('snip', f'{(1184 + 29 * 238) / (30 * 1184):.4f} of'),
    ('dense', '1.0000 of'),
    # Of 179 and 59 weights; gradients of a tenth of the others besides.
    ('topkast', f'{(3 * 238 + 84 + 10) / (3 * 1184):.4f} of'),
    ('ste', f'{(2 * 238 + 1184) / (3 * 1184):.4f} of'),
    # Dense up to and with step 5, then 638, 357, 254 and 238 are left.
    (
      'gmp',
      f'{(6 * 1184 + 5 * (638 + 357 + 254) + 9 * 238) / (30 * 1184):.4f} of',
    ),
  ],
)
def test_training_is_told_where_the_config_settles_it(
  make_config, method, said
):
  config = make_config(method)
  if method == 'dense':
    config.updater.sparsity = 0.0
  found = facts(build(config, reading.describe))['training']
  assert found.startswith(said)


MASKS = {'init__masks': 'somewhere'}


@pytest.mark.parametrize(
  ('method', 'fields', 'is_plan'),
  [
    ('rigl', {}, False),
    ('rigl', MASKS, False),
    ('rigl', MASKS | {'init__counts': 'masks'}, True),
    ('dense', {'updater__sparsity': 0.0}, False),
    ('snfs', {}, False),
    ('snfs', {'updater__redistribute': True}, True),
    *((method, {}, True) for method in ('rigl_sg', 'rigl_sm', 'dsr')),
    *((method, {}, False) for method in ('gmp', 'magnitude', 'snip')),
    *(
      (method, {'updater__global_ranking': True}, True)
      for method in ('gmp', 'magnitude', 'snip')
    ),
  ],
)
def test_what_only_the_run_settles_by_layer_is_told_as_a_plan(
  make_config, method, fields, is_plan
):
  experiment = build(make_config(method, **fields), reading.describe)
  found, said = facts(experiment), 'as the distribution has it; layers may'
  for fact in ('multiply-adds', 'training', 'bytes', 'micronet'):
    assert (said in found[fact]) == is_plan
  *_, last = layer_table.text(experiment).splitlines()
  assert last.startswith(f'by layer {said}' if is_plan else 'masked leaves')
  # The sum is promised whatever the layers share out.
  assert said not in found['sparsity'] + found['active weights']


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
  experiment = build(make_config(**fields), reading.describe)
  assert facts(experiment)['mask steps'] == shown


def test_data_that_are_not_here_are_told(make_config, tmp_path):
  config = make_config(
    model='lenet5', data__name='mnist', data__dir=str(tmp_path)
  )
  assert facts(build(config, reading.describe))['data'] == (
    'mnist: 60,000 examples to train, 10,000 to test (not on this machine;'
    ' sizes as published)'
  )
