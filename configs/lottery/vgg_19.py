r"""VGG-19 on CIFAR-10: the dense net of tickets (Frankle and Carbin 2019).

  python -m launch.lottery --config=lottery/vgg_19 --workdir=DIR \
    --layers=logits/kernel=0 --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record. 112,000 steps of 64 images, a
tenth of the rate from epochs 80 and 120 on. Weight decay is from memory. We
have not run this.
"""

from ml_collections import ConfigDict

from ._shared import cifar10, dense, drops

_RECIPES = cifar10(
  'frankle_carbin',
  frankle_carbin={
    'num_steps': 112_000,
    'batch_size': 64,
    # Epochs of 50,000 images.
    **drops(62_500, 93_750, length=112_000),
  },
)


def get_config() -> ConfigDict:
  """Returns the config of the dense net."""
  fields = {'model.kernel_init': 'he_normal'}
  return dense('cifar10/vgg19:static', 'frankle_carbin', _RECIPES, fields)
