r"""VGG-16 on CIFAR-10, the dense net of tickets in three papers.

  python -m launch.lottery --config=lottery/vgg_16:linear_mode --workdir=DIR \
    --rewind=1000 --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record. Recipes:

  linear_mode   63,000 steps of 128 images (Frankle et al. 2020, "Linear Mode
                Connectivity")
  renda         71,108 steps (Renda et al. 2020)
  ma            160 epochs of 64 images at a rate of 0.01, 75 of them of
                warm-up, as the paper prints (Ma et al. 2021)

`_shared.py` says which of their settings are from memory. We have not run them.
"""

from ml_collections import ConfigDict

from ._shared import cifar10, dense

_FIELDS = {'model.depth': 16, 'model.kernel_init': 'he_normal'}
RECIPES = cifar10(
  *('linear_mode', 'renda', 'ma'),
  ma={'optimizer.warmup_steps': 75 * 50_000 // 64},
)


def get_config(recipe: str = 'linear_mode') -> ConfigDict:
  """Returns the config of the dense net."""
  return dense('cifar10/vgg19:static', recipe, RECIPES, _FIELDS)
