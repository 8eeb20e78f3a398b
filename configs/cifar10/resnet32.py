r"""ResNet-32 of double width on CIFAR-10, dense and at 98 %.

  python -m launch.train --config=cifar10/resnet32:snip --workdir=DIR \
    --config.data.dir=FOLDER

Methods (dense, static, set, rigl, dsr, deep_r, gmp, grasp, snip,
iterative_snip, force, synflow, random, magnitude_at_init and obd), data and
recipe are those of `cifar10/vgg19`, with a fifth of its weight decay. Stages of
32, 64 and 128 channels, and 1x1 convolutions with BatchNorm where the shape
changes. We have not run this to its end.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config

from ._grasp import METHODS, set_shared


def get_config(method: str = 'snip') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='resnet')
  set_shared(config, weight_decay=1e-4)
  config.model.depth = 32
  config.model.width = 2.0
  config.model.stem = 'cifar'
  return config
