"""The nets of Evci et al. 2020, with the settings of their runs.

FOLDER in the studies' commands is where TFDS has mnist, cifar10 or imagenet2012
as array_record; with `--override data.name=cifar10_jpeg` a lossy copy (JPEG) of
CIFAR-10 is taken, and has to be named beside each figure. Members have 97,656
steps of 128 images (WRN-22-2, for a GPU) or 32,000 of 4,096 (ImageNet, for
accelerators, as the configs say), and M times as many for runs of "Mx". Studies
of a net share members: keep one RUNS for all. We have not run those of CIFAR-10
and ImageNet to their end. `--plan` and `--dry_run` need neither the data nor
such a machine.

**Deviations**. LeNet-300-100: the sparsities by layer are those of the authors'
code. WRN-22-2: convolutions start as He normal over fan-out, as in the
reproducibility report, where the authors' code has Glorot uniform; pruning has
the counts of ERK in each layer, and the steps that are the defaults of that
code. ImageNet: rows that the paper quotes of other papers are left out, but for
pruning. SNIP is given blocks whose last BatchNorm starts at 1, as elsewhere it
would see no gradient in them. Pruning of ResNet-50 has the classifier at 80 %
whatever the rest, as in the paper's count of its FLOPs; that of MobileNet has
the steps of ResNet-50's. Of MobileNet v2 the paper has figures alone.

**Numbers**, `paper.csv`, are in display units. Those of WRN-22-2 are published
with the authors' code, in no table of the paper. FLOPs are fractions of a dense
run of the same length; the paper's fractions of runs M times as long are M
times that. In its table of 95 and 96.5 % the training FLOPs, and all of
Static (ERK), repeat those of 80 and 90 %, and are left out; both lengths of
pruning share a column of FLOPs, and at 96.5 % only the longer was run. All of
MobileNet is 5x but for pruning. Of the longest runs they are the best of single
checkpoints, except for MobileNet 5x. Those of the reproducibility report are
left out where we do not have them; that of RigL at 90 % (uniform) on CIFAR-10
is from the code of its authors that draws the figure of equal FLOPs.
"""

import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxsparse.studies import paper

PAPER = 'Evci et al. 2020, Rigging the Lottery: Making All Tickets Winners'
SPARSITY = 'updater.sparsity'
METRICS = ('test_accuracy', 'inference_flops', 'training_flops')
FLOPS = (
  'FLOPs are shares of those of a dense run of the same length; the paper has'
  ' them for runs M times as long as M times as much.'
)
CIFAR10_DATA = (
  'With `data.name=cifar10_jpeg` the images are a lossy copy (JPEG) of'
  ' CIFAR-10: figures are then not comparable to the last point with the'
  " paper's."
)
CIFAR10_FIGURE = f'{PAPER}: the figure of WRN-22-2 on CIFAR-10'
Overrides = Mapping[str, Any]
Printed = Mapping[str, Mapping[str, Any]]


class Net(NamedTuple):
  """A model and data, with the settings of the runs.

  Attributes:
    config: the base config, which takes a method.
    spreads: name of a sparsity distribution -> its config fields.
    printed: run -> metric -> the numbers of the paper by sparsity (one number
      for the dense net), in display units.
    overrides: config fields of every run.
    moving: config fields of methods that move masks.
    at_start: config fields of SNIP, which reads gradients at step 0.
    snfs: config fields of SNFS, besides `moving`.
    pruned: config fields of gradual pruning.
    small: sparsity -> config fields of the dense net of that size.
    big: sparsity -> config fields of the net that at this sparsity has the size
      of the dense one.
    source: the run, without its distribution, whose final masks `lottery`,
      `lottery_rigl` and `reinit` have.
    started: config fields of these three.
  """

  config: str
  spreads: Mapping[str, Overrides]
  printed: Printed = {}
  overrides: Overrides = {}
  moving: Overrides = {}
  at_start: Overrides = {}
  snfs: Overrides = {}
  pruned: Overrides = {}
  small: Mapping[float, Overrides] = {}
  big: Mapping[float, Overrides] = {}
  source: str = ''
  started: Overrides = {}


def printed(name: str) -> Printed:
  """Returns the numbers of the tables that `paper.csv` has under a name."""
  return paper.numbers(pathlib.Path(__file__).with_name('paper.csv'), name)


def _widths(*by_sparsity: tuple[float, float]) -> dict[float, dict[str, float]]:
  return {sparsity: {'model.width': width} for sparsity, width in by_sparsity}


LENET_300_100 = Net(
  config='mnist/lenet_300_100',
  spreads={
    'erk': {'updater.distribution': 'erk'},
    'uniform': {
      'updater.distribution': 'uniform',
      'updater.dense_first': False,
    },
    # Of S = 0.99: S, 0.9 S, and the last layer dense.
    'layers': {
      'updater.distribution': 'uniform',
      'updater.layers': ('Dense_1/kernel=0.891', 'Dense_2/kernel=0'),
    },
  },
)
WRN22_2 = Net(
  config='cifar10/wrn22_2',
  # The first convolution is dense by default in the authors' code.
  spreads={
    name: {'updater.distribution': name, 'updater.dense_first': True}
    for name in ('erk', 'uniform')
  },
  printed=printed('wrn22_2'),
)
RESNET50 = Net(
  config='imagenet/resnet50',
  spreads={
    'uniform': {'updater.distribution': 'uniform', 'updater.dense_first': True},
    'er': {'updater.distribution': 'er', 'updater.dense_first': False},
    'erk': {'updater.distribution': 'erk', 'updater.dense_first': False},
  },
  printed=printed('resnet50'),
  at_start={'model.zero_init_residual': False},
  pruned={'updater.layers': ('logits/kernel=0.8',)},
  small=_widths((0.8, 0.465), (0.9, 0.34), (0.95, 0.26), (0.965, 0.231)),
  source='rigl',
)
MOBILENET_V1 = Net(
  config='imagenet/mobilenet_v1',
  spreads={
    name: {
      'updater.distribution': name,
      'updater.layers': ('*/depthwise/kernel=0', 'conv/kernel=0'),
    }
    for name in ('uniform', 'erk')
  },
  printed=printed('mobilenet_v1'),
  small=_widths((0.75, 0.47), (0.85, 0.353), (0.9, 0.285), (0.95, 0.204)),
  big=_widths((0.75, 1.98), (0.85, 2.52), (0.9, 3.0), (0.95, 3.98)),
)
