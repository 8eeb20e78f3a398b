"""The recipes for ImageNet: planned by shapes alone, and tried where slow.

Counts and steps are worked out here from the papers' numbers; no data are
there, and none are needed.
"""

import dataclasses

import numpy as np
import pytest

from jaxsparse.config.resolve import resolve
from jaxsparse.runs import outline, reading, recipes
from jaxsparse.studies import config_files
from jaxsparse.studies.planning.members import expand

EXAMPLES = 1_281_167
METHODS = ('dense', 'static', 'set', 'rigl', 'gmp')
# Of ResNet-50: published. Of VGG16: thirteen 3x3 convolutions, a classifier.
VGG16 = [
  *(9 * a * b for a, b in ((3, 64), (64, 64), (64, 128), (128, 128))),
  *(9 * a * b for a, b in ((128, 256), (256, 256), (256, 256))),
  *(9 * a * b for a, b in ((256, 512), *[(512, 512)] * 5)),
  512 * 1000,
]
WEIGHTS = {'resnet50': 25_502_912, 'vgg16': sum(VGG16)}
ACTIVE = {
  # All but the first convolution at 80 %, the published sum.
  'resnet50': 5_108_133,
  'vgg16': VGG16[0] + sum(n - n * 4 // 5 for n in VGG16[1:]),
}
STEPS = {'resnet50': 32_000, 'vgg16': 128_000}
BATCH = {'resnet50': 4096, 'vgg16': 1024}
PRUNING = {'resnet50': (10_000, 25_000), 'vgg16': (40_000, 100_000)}


@pytest.mark.parametrize(
  ('net', 'method'),
  [
    *(('vgg16', method) for method in METHODS),
    *(('resnet50', method) for method in ('rigl', 'gmp')),
    # Of larger graphs and the same fields.
    *(
      pytest.param('resnet50', method, marks=pytest.mark.slow)
      for method in ('dense', 'static', 'set')
    ),
  ],
)
def test_a_recipe_is_planned_without_its_data(net, method, planned):
  experiment = planned(f'imagenet/{net}:{method}')
  size, steps = outline.size(experiment), experiment.plan.mask_steps
  assert size.weights == WEIGHTS[net]
  dense = method == 'dense'
  assert size.active == (WEIGHTS if dense else ACTIVE)[net]
  assert size.epochs == STEPS[net] * BATCH[net] / EXAMPLES
  assert round(size.epochs) == 102
  if method in ('set', 'rigl'):
    assert (steps[0], steps[-1], len(steps)) == (0, 24_900, 250)
  elif method == 'gmp':
    first, last = PRUNING[net]
    assert steps == range(first, last + 1, 1000)
  else:
    assert not steps
  assert 'not on this machine' in outline.text(experiment)


@pytest.mark.parametrize(('net', 'warmup'), [('resnet50', 5), ('vgg16', 0)])
def test_the_rate_falls_at_epochs_30_70_and_90(net, warmup):
  config = config_files.load_config(f'imagenet/{net}:rigl')
  shape = recipes.rate(resolve(config).optimizer, config.num_steps)
  # 0.1 for 256 images.
  assert config.optimizer.learning_rate == pytest.approx(0.1 * BATCH[net] / 256)
  for epoch in (0, 1, 4, 6, 29, 30, 31, 69, 70, 71, 89, 90, 91, 102):
    at = epoch * EXAMPLES / BATCH[net]
    for step in (int(np.ceil(at)) - 1, int(np.ceil(at))):
      done = (step + 1) * BATCH[net] / EXAMPLES
      ramp = min(1.0, done / warmup) if warmup else 1.0
      falls = sum(step * BATCH[net] / EXAMPLES >= e for e in (30, 70, 90))
      if 0 <= step < config.num_steps:
        assert float(shape(step)) == pytest.approx(ramp / 10**falls, rel=1e-3)


def one_seed(study):
  """The study with one seed of each run; that of the pruned net is 0."""
  runs = (
    dataclasses.replace(run, seeds=(int(run.name != 'pruned'),))
    for run in study.runs
  )
  overrides = {'data.dir': '/nowhere'}
  return dataclasses.replace(
    study,
    runs=tuple(
      dataclasses.replace(run, overrides={**run.overrides, **overrides})
      for run in runs
    ),
  )


@pytest.mark.parametrize(
  ('net', 'study'), [('vgg16', 'accuracy'), ('resnet50', 'function_space')]
)
def test_a_study_is_planned_without_its_data(net, study, tmp_path):
  asked = config_files.load_study(f'studies/gradient_flow/{study}:{net}')
  made = expand(one_seed(asked), tmp_path, reading.describe)
  assert {cell.row.run for cell in made.cells} == {r.name for r in asked.runs}
  sizes = {}
  for cell in made.cells:
    assert cell.error == ''
    experiment = made.members[cell.member].experiment
    sizes[cell.row.run] = outline.size(experiment)
    assert experiment.config.optimizer.warmup_steps == 0
  small = sizes.pop('small_dense', None)
  sizes.pop('dense', None)
  assert {size.active for size in sizes.values()} == {ACTIVE[net]}
  if small:
    assert abs(small.active / ACTIVE[net] - 1) < 0.005
