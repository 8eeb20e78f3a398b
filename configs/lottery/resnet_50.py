r"""ResNet-50 on ImageNet, the dense net of tickets in two papers.

  python -m launch.lottery --config=lottery/resnet_50:renda --workdir=DIR \
    --levels=10 --rewind=11259 --config.data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 90 epochs of 1,024
images, at 0.4 and a tenth of that from epochs 30, 60 and 80 on; `renda` with
five epochs of warm-up (Renda et al. 2020), `maene` without, and with a weight
decay of 1e-5 (Maene et al. 2021). `_shared.py` says which settings are from
memory. For accelerators; we have not run them.
"""

from ml_collections import ConfigDict

from ._shared import IMAGENET, dense

_FIELDS = {'model.zero_init_residual': False, 'model.kernel_init': 'he_normal'}
RECIPES = {name: IMAGENET[name] for name in ('renda', 'maene')}


def get_config(recipe: str = 'renda') -> ConfigDict:
  """Returns the config of the dense net."""
  return dense('imagenet/resnet50:static', recipe, RECIPES, _FIELDS)
