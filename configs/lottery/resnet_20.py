r"""ResNet-20 on CIFAR-10, the dense net of tickets in five papers.

  python -m launch.lottery --config=lottery/resnet_20:linear_mode \
    --workdir=DIR --rewind=2000 --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record. Recipes:

  frankle_carbin   30,000 steps of 128 images, a tenth of the rate from 20,000
                   and 25,000 on (Frankle and Carbin 2019, "ResNet-18")
  linear_mode      63,000 steps (Frankle et al. 2020, "Linear Mode
                   Connectivity")
  renda            71,108 steps (Renda et al. 2020)
  maene            85 epochs; BatchNorm without scale and shift, shortcuts
                   without params (Maene et al. 2021)
  ma               160 epochs of 64 images at a rate of 0.01 (Ma et al. 2021)

`_shared.py` says which of their settings are from memory. We have not run them.
"""

from ml_collections import ConfigDict

from ._shared import cifar10, dense

_FIELDS = {
  'model.depth': 20,
  'model.width': 1.0,
  'model.kernel_init': 'he_normal',
}
RECIPES = cifar10(
  *('frankle_carbin', 'linear_mode', 'renda', 'maene', 'ma'),
  maene={'model.affine': False, 'model.shortcut': 'pad'},
)


def get_config(recipe: str = 'linear_mode') -> ConfigDict:
  """Returns the config of the dense net."""
  return dense('cifar10/resnet32:static', recipe, RECIPES, _FIELDS)
