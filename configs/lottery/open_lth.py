r"""The presets of open_lth, by the names of its models.

  python -m launch.lottery --config=lottery/open_lth:cifar_resnet_20 \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has mnist, cifar10 or imagenet2012 as array_record.
Presets: cifar_resnet_20; imagenet_resnet_50; cifar_vgg_11, cifar_vgg_13,
cifar_vgg_16 and cifar_vgg_19, whose classifier is not pruned
(`--layers=logits/kernel=0`), nor is that of mnist_lenet_300_100
(`--layers=Dense_2/kernel=0`). A level prunes a fifth of what is left, all other
layers ranked together. We have not run them.

**Deviations**: scales of BatchNorm start at 1, there at U[0, 1]; weight decay
is of kernels alone, there of all params. The last batch of an epoch is whole,
there a part. The first step of a warm-up has a share of the rate, there 0.
Crops of ImageNet have 8 to 100 % of the area and a ratio of 3:4 to 4:3, there
10 to 100 % and 4:5 to 5:4. Classifiers of convolutional nets start as
N(0, 0.01^2).
"""

from ml_collections import ConfigDict

from ._shared import CIFAR10, IMAGENET, Fields, dense

_RESNET_20 = {'model.depth': 20, 'model.width': 1.0}
_VGG = {f'cifar_vgg_{depth}': depth for depth in (11, 13, 16, 19)}
# Statistics of ImageNet.
_CIFAR: Fields = {
  **CIFAR10['open_lth'],
  'data.mean': (0.485, 0.456, 0.406),
  'data.std': (0.229, 0.224, 0.225),
  'data.augment': ('flip', 'crop'),
}
_MNIST: Fields = {
  'num_epochs': 40.0,
  'batch_size': 128,
  'data.mean': (0.1307,),
  'data.std': (0.3081,),
  'optimizer.learning_rate': 0.1,
  'optimizer.momentum': 0.0,
  'optimizer.nesterov': False,
  'optimizer.schedule': 'constant',
  'optimizer.boundaries': (),
  'optimizer.scales': (),
  'optimizer.weight_decay': 0.0,
}
_BASES = {
  'mnist_lenet_300_100': 'mnist/lenet_300_100:static',
  'cifar_resnet_20': 'cifar10/resnet32:static',
  **dict.fromkeys(_VGG, 'cifar10/vgg19:static'),
  'imagenet_resnet_50': 'imagenet/resnet50:static',
}
NETS: dict[str, Fields] = {
  'mnist_lenet_300_100': _MNIST,
  'cifar_resnet_20': {**_CIFAR, **_RESNET_20},
  **{name: {**_CIFAR, 'model.depth': depth} for name, depth in _VGG.items()},
  'imagenet_resnet_50': {
    **IMAGENET['open_lth'],
    'model.zero_init_residual': False,
  },
}


def get_config(net: str = 'cifar_resnet_20') -> ConfigDict:
  """Returns the config of the dense net."""
  fields = {'model.kernel_init': 'he_normal'}
  return dense(_BASES.get(net, ''), net, NETS, fields)
