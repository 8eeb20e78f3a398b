r"""MobileNet v1 on CIFAR-10: the dense net of tickets (Ma et al. 2021).

  python -m launch.lottery --config=lottery/mobilenet --workdir=DIR \
    --levels=14 --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record. 160 epochs of 64 images at a
rate of 0.01. Depthwise kernels are pruned as all others are; strides are those
of the net for ImageNet, but for that of the first convolution. We have not run
this.
"""

from ml_collections import ConfigDict

from ._shared import cifar10, dense, of_model


def get_config() -> ConfigDict:
  """Returns the config of the dense net."""
  fields = {'model.stem': 'cifar'}
  return dense(of_model('mobilenet'), 'ma', cifar10('ma'), fields)
