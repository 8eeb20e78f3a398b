"""Every leaf of a run before it has run, worked by hand."""

from jaxsparse.config.defaults import default_config
from jaxsparse.runs import layer_table, reading
from jaxsparse.runs.build import build


def test_every_leaf_and_the_sum():
  config = default_config(updater='static')
  config.num_steps, config.model.features = 30, (20,)
  config.updater.update(sparsity=0.5, distribution='layer_map')
  config.updater.layers = ('Dense_1/kernel=0.25',)
  experiment = build(config, reading.describe)
  # 64 x 20 and 20 x 10 weights, half and three quarters of them active.
  rows = [r.split() for r in layer_table.text(experiment).splitlines()]
  assert rows == [
    [
      'leaf',
      'shape',
      'sparsity',
      'active',
      'weights',
      'multiply-adds',
      'when',
      'dense',
    ],
    ['Dense_0/bias', '20', 'dense', '20'],
    ['Dense_0/kernel', '64x20', '0.5000', '640', '1,280', '640', '1,280'],
    ['Dense_1/bias', '10', 'dense', '10'],
    ['Dense_1/kernel', '20x10', '0.2500', '150', '200', '150', '200'],
    ['masked', 'leaves', '0.4662', '790', '1,480', '790', '1,480'],
  ]


def test_multiply_adds_of_leaves_that_no_mask_is_over_are_told():
  """LeNet5 on 28 x 28, its first layer dense: 24 x 24 and 8 x 8 positions."""
  config = default_config(updater='static', model='lenet5')
  config.data.name, config.num_steps = 'mnist', 1
  config.updater.update(sparsity=0.5, distribution='uniform', dense_first=True)
  text = layer_table.text(build(config, reading.describe))
  rows = {line.split()[0]: line.split()[1:] for line in text.splitlines()}
  conv_0, conv_1 = rows['Conv_0/kernel'], rows['Conv_1/kernel']
  assert conv_0[0] == '5x5x1x6'
  assert conv_0[-3:] == ['150', f'{576 * 150:,}', f'{576 * 150:,}']
  assert conv_1 == [
    *('5x5x6x16', '0.5000', '1,200', '2,400'),
    *(f'{64 * 1200:,}', f'{64 * 2400:,}'),
  ]
