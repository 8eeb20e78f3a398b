"""The recipes of GraSP, planned by shapes alone; counts are the papers'."""

import pytest

from jaxsparse.runs import outline, reading
from jaxsparse.runs.build import build, total_sizes
from jaxsparse.studies import config_files

WEIGHTS = {'vgg19': 20_024_000, 'resnet32': 1_855_584}


@pytest.mark.parametrize(
  'method', ['dense', 'static', 'snip', 'gmp', 'grasp', 'obd']
)
@pytest.mark.parametrize('net', WEIGHTS)
def test_a_recipe_is_planned_without_its_data(net, method, planned):
  experiment = planned(f'cifar10/{net}:{method}')
  size = outline.size(experiment)
  assert size.weights == WEIGHTS[net]
  # Each layer is rounded up in the sum, and by ERK once more.
  active = WEIGHTS[net] if method == 'dense' else WEIGHTS[net] / 50
  assert 0 <= size.active - active < 2 * 34
  assert round(size.epochs) == 160
  # From a fifth to three quarters of 62,500 steps.
  steps = {'snip': [0], 'gmp': [*range(12_500, 46_875, 1000)]}
  assert list(experiment.plan.mask_steps) == steps.get(method, [])


def test_methods_that_score_weights_do_so_on_ten_examples_of_each_class():
  scored = {
    method
    for method in config_files.arguments('cifar10/vgg19')
    if config_files.load_config(f'cifar10/vgg19:{method}').scoring.per_class
  }
  assert scored == {'grasp', 'iterative_snip', 'force', 'obd'}


@pytest.mark.parametrize('net', WEIGHTS)
def test_methods_that_rank_all_layers_together_keep_none_dense(net, planned):
  experiment = planned(f'cifar10/{net}:grasp')
  sizes = total_sizes(experiment)
  for path, count in experiment.target_counts.items():
    assert 0 <= count - sizes[path] / 50 < 1


def test_smart_ratios_follow_the_forward_pass():
  config = config_files.load_config('cifar10/resnet32:static')
  config.data.dir, config.updater.distribution = '/nowhere', 'smart_ratio'
  experiment = build(config, reading.describe)
  sizes, counts = total_sizes(experiment), experiment.target_counts
  # The projections come last in their blocks, and have no number by name.
  name = 'group2_block1/{}/kernel'
  used = [name.format(layer) for layer in ('conv_1', 'conv_2', 'shortcut')]
  # Of 34 layers, those used before conv_1 are the first and ten of group 1.
  for place, path in enumerate(used, 12):
    height = 34 - place + 1
    ratio = (height**2 + height) / (34**2 + 34)
    assert counts[path] / sizes[path] == pytest.approx(
      ratio * counts['conv/kernel'] / sizes['conv/kernel'], rel=0.02
    )
  assert counts['logits/kernel'] == 0.3 * sizes['logits/kernel']
