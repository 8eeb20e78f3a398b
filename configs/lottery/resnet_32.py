r"""ResNet-32 of double width on CIFAR-10, with and without shortcuts.

  python -m launch.lottery --config=lottery/resnet_32:plain --workdir=DIR \
    --levels=14 --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record. Both are the recipe of Ma et
al. 2021, 160 epochs of 64 images at a rate of 0.01: `residual`, and `plain`,
without any shortcut. We have not run them.
"""

from ml_collections import ConfigDict

from ._shared import CIFAR10, dense

RECIPES = {
  'residual': CIFAR10['ma'],
  'plain': {**CIFAR10['ma'], 'model.shortcut': 'none'},
}


def get_config(recipe: str = 'plain') -> ConfigDict:
  """Returns the config of the dense net."""
  return dense('cifar10/resnet32:static', recipe, RECIPES, {})
