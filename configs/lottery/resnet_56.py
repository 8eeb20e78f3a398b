r"""ResNet-56 on CIFAR-10: the dense net of tickets (Renda et al. 2020).

  python -m launch.lottery --config=lottery/resnet_56 --workdir=DIR \
    --rewind=4701 --arms=rate_rewind,finetune --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record. 71,108 steps of 128 images;
`_shared.py` says which settings are from memory. We have not run this.
"""

from ml_collections import ConfigDict

from ._shared import cifar10, dense

_FIELDS = {
  'model.depth': 56,
  'model.width': 1.0,
  'model.kernel_init': 'he_normal',
}


def get_config() -> ConfigDict:
  """Returns the config of the dense net."""
  return dense('cifar10/resnet32:static', 'renda', cifar10('renda'), _FIELDS)
