"""The nets of Wang et al. 2020 (GraSP), with the settings of their runs.

FOLDER in the studies' commands is where TFDS has cifar10, cifar100 or
imagenet2012 as array_record, or `tiny-imagenet-200` lies; with `--override
data.name=cifar10_jpeg` a lossy copy (JPEG) of CIFAR-10 is taken, and has to be
named beside each figure. Recipes are those of `cifar10/vgg19` and
`cifar10/resnet32`: 62,500 steps of 128 images, 234,375 on Tiny-ImageNet, for a
GPU. Studies of a net share members: keep one RUNS for all. We have not run them
to their end. `--plan` and `--dry_run` need neither the data nor such a machine.

Weights are scored on ten images of each class, as in the authors' code: in one
batch; on CIFAR-100 in two of five a class for ResNet-32; on Tiny-ImageNet in
ten of one.

**Deviations**: the images that weights are scored on are as they are in the
data, theirs are cropped and flipped as in training. Accuracies are those of the
last step, the paper's the best of all epochs on the test images. The paper does
not say what follows, and it is our choice. OBD prunes the dense net once, by an
estimate of the diagonal of the Hessian on 1,024 images, and trains it for
another run at a tenth of the rate. Lottery tickets have the largest weights of
the dense net, all layers together, and its weights at step 0 or after five
epochs. SET and Deep-R have the counts of ERK, DSR starts from them; all three
move masks every 100 steps, until three quarters of the run.

**Numbers**, `paper.csv`, are in display units. Those of this paper are from
memory and have yet to be compared with its tables: reports say so. Those of
random tickets are from the figures of a reproduction of Su et al. 2020.
"""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jaxsparse.core import choices
from jaxsparse.studies import paper

from ._arms import Overrides

PAPER = (
  'Wang et al. 2020, Picking Winning Tickets Before Training by Preserving'
  ' Gradient Flow'
)
SPARSITY = 'updater.sparsity'
NUMBERS = (
  "The paper's numbers are from memory and have yet to be compared with its"
  ' tables; they are the best of all epochs, ours are of the last step.'
)
Printed = Mapping[str, Mapping[str, Any]]


class Net(NamedTuple):
  """A model and data, with the settings of the runs.

  Attributes:
    title: 'VGG19 on CIFAR-10'.
    config: the base config, which takes a method.
    overrides: config fields of every run.
    sparsities: of the accuracy table.
    scoring: config fields of methods that score examples.
    ticket: config fields of random tickets by smart ratios.
    five_epochs: the step that tickets are reset to.
    layers: the first layer, one of the deepest, and the classifier.
    printed: run -> metric -> the paper's numbers by sparsity.
  """

  title: str
  config: str
  overrides: Overrides
  sparsities: tuple[float, ...]
  scoring: Overrides
  ticket: Overrides
  five_epochs: int
  layers: tuple[str, ...]
  printed: Printed


def net(name: str, accepted: Sequence[str]) -> Net:
  """Returns the net of that name, 'vgg19_cifar10'.

  Raises:
    ValueError: the study that asks does not have it.
  """
  choices.check(f'net is {name!r}', name, accepted)
  model, _, data = name.partition('_')
  title, overrides = _DATA[data]
  tiny = data == 'tiny_imagenet'
  return Net(
    title=f'{_TITLES[model]} on {title}',
    config=f'cifar10/{model}',
    overrides=overrides,
    sparsities=_TINY_SPARSITIES[model] if tiny else _SPARSITIES[model],
    scoring=_SCORING.get(name, _TEN_BATCHES if tiny else {}),
    ticket=_TICKETS.get(model, {}),
    # Of 128 of 50,000 or 100,000 images.
    five_epochs=3906 if tiny else 1953,
    layers=_LAYERS[model],
    printed=printed(name),
  )


def printed(name: str) -> Printed:
  """Returns the numbers of the tables that `paper.csv` has under a name."""
  return paper.numbers(pathlib.Path(__file__).with_name('paper.csv'), name)


CIFAR = (
  *('vgg19_cifar10', 'vgg19_cifar100'),
  *('resnet32_cifar10', 'resnet32_cifar100'),
)
TINY = ('vgg19_tiny_imagenet', 'resnet32_tiny_imagenet')
_TITLES = {'vgg19': 'VGG19', 'resnet32': 'ResNet-32'}
_DATA: Mapping[str, tuple[str, Overrides]] = {
  'cifar10': ('CIFAR-10', {}),
  'cifar100': (
    'CIFAR-100',
    {
      'data.name': 'cifar100',
      'data.mean': (0.5071, 0.4867, 0.4408),
      'data.std': (0.2675, 0.2565, 0.2761),
    },
  ),
  'tiny_imagenet': (
    'Tiny-ImageNet',
    {
      'data.name': 'tiny_imagenet',
      'data.mean': (0.4802, 0.4481, 0.3975),
      'data.std': (0.2770, 0.2691, 0.2821),
      'num_epochs': 300.0,
    },
  ),
}
_VGG19 = (0.9, 0.95, 0.98, 0.985, 0.99, 0.995)
_SPARSITIES = {'vgg19': _VGG19, 'resnet32': (0.85, *_VGG19)}
_TINY_SPARSITIES = {
  'vgg19': (0.9, 0.95, 0.98),
  'resnet32': (0.85, 0.9, 0.95, 0.98),
}
_TEN_BATCHES = {'scoring.per_class': 1, 'scoring.batches': 10}
_SCORING = {'resnet32_cifar100': {'scoring.per_class': 5, 'scoring.batches': 2}}
_TICKETS = {'vgg19': {'updater.distribution_arguments': ('by_square=true',)}}
_LAYERS = {
  'vgg19': ('conv1_1/kernel', 'conv5_3/kernel', 'logits/kernel'),
  'resnet32': (
    *('conv/kernel', 'group3_block5/conv_1/kernel', 'logits/kernel'),
  ),
}
