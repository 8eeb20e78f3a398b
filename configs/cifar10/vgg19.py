r"""VGG19 on CIFAR-10, dense and at 98 %: pruning before training.

  python -m launch.train --config=cifar10/vgg19:snip --workdir=DIR \
    --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; ~/tensorflow_datasets if not
given. CIFAR-100 and Tiny-ImageNet (see `data/builders/tiny_imagenet.py`) are

  --config.data.name=cifar100 \
    --config.data.mean='(.5071, .4867, .4408)' \
    --config.data.std='(.2675, .2565, .2761)'
  --config.data.name=tiny_imagenet --config.num_epochs=300 \
    --config.data.mean='(.4802, .4481, .3975)' \
    --config.data.std='(.2770, .2691, .2821)'

Methods: dense, static, set, rigl, dsr, deep_r and gmp; before training grasp,
iterative_snip (SNIP with `--config.updater.rounds=1`), force, synflow, random,
magnitude_at_init and snip, which scores the first batch and leaves those layers
dense that ERK does; and obd, after training (`--config.init.checkpoint=DENSE`).
Random tickets by the smart ratios of Su et al. 2020, "Sanity-Checking Pruning
Methods: Random Tickets Can Win the Jackpot", are static with
`--config.updater.distribution=smart_ratio`; those of this net are divided by
l^2 as well (`--config.updater.distribution_arguments=by_square=true`).

The recipe of Wang et al. 2020, "Picking Winning Tickets Before Training by
Preserving Gradient Flow" (GraSP), but that kernels alone decay, and a crop is
padded with the mean in place of black, and weights are scored on plain images,
theirs on augmented ones; what else their code does differently when it scores
is in `studies/grasp/_arms.py`. We have not run this to its end. Meant for a
GPU.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config

from ._grasp import METHODS, set_shared


def get_config(method: str = 'snip') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='vgg')
  set_shared(config, weight_decay=5e-4)
  config.model.depth = 19
  config.model.pools = 4
  return config
