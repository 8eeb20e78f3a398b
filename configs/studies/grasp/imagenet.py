r"""SNIP and GraSP on ImageNet at 60, 80 and 90 %.

  python -m launch.study --config=studies/grasp/imagenet:resnet50 \
    --workdir=DIR --override data.dir=FOLDER

Nets: resnet50, vgg16; FOLDER is where TFDS has imagenet2012 as array_record. 21
members of 90 epochs of 256 images, for accelerators; we have not run them. The
recipe is the authors': a rate of 0.1 that falls to a tenth after 30 and 60
epochs, weight decay 1e-4. Weights are scored on 150 batches of 250 images, by
tenths of a batch, a classifier drawn anew for the scores of GraSP. These 37,500
images are on the device at once, as uint8: 5.6 GB for each member. The paper
has top-1 accuracies of 68.14 (GraSP) and 61.97 % (SNIP) at 90 % for ResNet-50,
from memory, and an abstract that says 1.6 points are lost at 80 % of VGG16.

**Deviations**: weights are scored on centre crops, theirs on augmented images
as in training; kernels alone decay; parts of a batch have 25 images, there 20
and a last one of 10; VGG16 has BatchNorm, by its dense accuracy, and one
classifier, where theirs may have three dense layers.
"""

from collections.abc import Mapping

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.spec import Against, Run, Study

from ._arms import TOGETHER, Overrides, arm
from ._nets import NUMBERS, PAPER, SPARSITY, printed

NETS = ('resnet50', 'vgg16')

_TITLES = {'resnet50': 'ResNet-50', 'vgg16': 'VGG16'}
_RECIPE = {
  'metrics': ('accuracy', 'top5'),
  'batch_size': 256,
  'num_steps': None,
  'num_epochs': 90.0,
  'label_smoothing': 0.0,
  'model.kernel_init': 'he_normal_fan_out',
  'optimizer.learning_rate': 0.1,
  'optimizer.nesterov': False,
  'optimizer.warmup_steps': 0,
  'optimizer.boundaries': (1 / 3, 2 / 3),
  'optimizer.scales': (0.1, 0.01),
  'gradient_flow.interval': 0,
  'eval.interval': 5004,
}
_OWN: Mapping[str, Overrides] = {
  'resnet50': {'model.zero_init_residual': False},
  'vgg16': {'model.batch_norm': True, 'init.name': 'dense'},
}
_SCORING = {
  'scoring.per_class': 0,
  'scoring.by_class': False,
  'scoring.batches': 150,
  'scoring.batch_size': 250,
  'scoring.parts': 10,
}
_CLAIMS: dict[str, Claim] = {
  **{
    f'At {percent} % GraSP ends above SNIP.': Ordering(
      ('snip', 'grasp_code'), at={SPARSITY: percent / 100}
    )
    for percent in (80, 90)
  },
  'At 60 % they are within half a point.': Difference(
    'grasp_code', 'snip', '>=', -0.5, at={SPARSITY: 0.6}
  ),
}


def get_config(name: str = 'resnet50') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  return Study(
    f'{_TITLES[name]} on ImageNet: SNIP and GraSP by sparsity',
    (
      _run(name, 'dense', 'dense', {}),
      *(_sparse(name, method) for method in ('snip', 'grasp_code')),
    ),
    f'{PAPER}: its table of ImageNet',
    metrics=('test_accuracy', 'test_top5'),
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=with_texts(_CLAIMS),
    notes=NUMBERS,
  )


def _sparse(net: str, method: str) -> Run:
  label, fields = arm(method)
  return _run(net, method, label, {**fields, **TOGETHER, **_SCORING})


def _run(net: str, name: str, label: str, own: Overrides) -> Run:
  dense = name == 'dense'
  return Run(
    name,
    f'imagenet/{net}:{"dense" if dense else "static"}',
    {**_RECIPE, **_OWN[net], **own},
    {} if dense else {SPARSITY: (0.6, 0.8, 0.9)},
    3,
    label,
    paper=printed(net).get('grasp' if name == 'grasp_code' else name, {}),
  )
