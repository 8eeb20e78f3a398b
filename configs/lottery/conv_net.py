r"""Conv-2, Conv-4 and Conv-6 on CIFAR-10: dense nets of tickets.

  python -m launch.lottery --config=lottery/conv_net:conv_4 --workdir=DIR \
    --levels=20 --scope=layer --layers=conv*=0.1,logits/kernel=0.1 \
    --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record. Recipes:

  conv_2, conv_4, conv_6   of Frankle and Carbin 2019: Adam at one rate. A level
                           prunes 10 % of convolutions (15 % in conv_6), 20 % of
                           dense layers and 10 % of the last one. Rates, batch
                           and lengths are from memory, and have yet to be
                           compared with the paper
  maene                    Conv-4 of Maene et al. 2021: 75 epochs of 128 images,
                           momentum at 0.01, a cosine; all layers are ranked
                           together

We have not run them.
"""

from ml_collections import ConfigDict

from ._shared import Fields, dense, of_model


def _adam(depth: int, steps: int, rate: float) -> Fields:
  """Returns a recipe of Frankle and Carbin."""
  return {
    'num_steps': steps,
    'batch_size': 60,
    'data.augment': (),
    'model.depth': depth,
    'optimizer.learning_rate': rate,
    'optimizer.schedule': 'constant',
  }


RECIPES = {
  'conv_2': _adam(2, 20_000, 2e-4),
  'conv_4': _adam(4, 25_000, 3e-4),
  'conv_6': _adam(6, 30_000, 3e-4),
  'maene': {
    'num_epochs': 75.0,
    'batch_size': 128,
    'model.depth': 4,
    'model.kernel_init': 'he_normal',
    'optimizer.learning_rate': 0.01,
    'optimizer.schedule': 'cosine',
    'optimizer.weight_decay': 1e-5,
  },
}


def get_config(recipe: str = 'conv_4') -> ConfigDict:
  """Returns the config of the dense net."""
  base = of_model('conv_net', optimizer='sgd' if recipe == 'maene' else 'adam')
  return dense(base, recipe, RECIPES, {})
