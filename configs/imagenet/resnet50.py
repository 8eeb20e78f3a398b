r"""ResNet-50 on ImageNet, dense and at 80 % (uniform).

  python -m launch.train --config=imagenet/resnet50:rigl --workdir=DIR \
    --config.data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record; ~/tensorflow_datasets if
not given. `--dry_run` needs neither it nor a large machine.

The recipe of Evci et al. 2020, "Rigging the Lottery": 32,000 steps of 4,096
images (102 epochs). We have not run this to its end; the paper's top-1
accuracies (mean and deviation of 3 runs), which are not ours:

  method   top-1 accuracy, %
  dense    76.8 ± 0.09
  static   70.6 ± 0.06
  set      72.9 ± 0.39
  rigl     74.6 ± 0.06   (76.6 ± 0.06 of RigL 5x: --config.multiplier=5)
  gmp      75.6          (from Gale et al. 2019, whose schedule this is)

The first convolution stays dense, the classifier does not. Masks of SET change
as in RigL, not once an epoch as in SET's own paper. At RigL's mask step 0 the
kernels of the blocks have no gradient yet, for their last BatchNorm starts at
0: what grows there goes by position alone, as in their code.

Meant for accelerators: the activations of one such batch take hundreds of GB,
divided over the devices. The section `compute` of the config takes less: by
bfloat16, in micro-batches, or by computing activations again. With less memory
still take a smaller batch, a learning rate in proportion and more steps: all
but the warm-up and the interval of mask steps goes by fractions of the run.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config

from ._shared import methods, set_shared

METHODS = methods(
  {'sparsity': 0.8, 'distribution': 'uniform', 'dense_first': True},
  moving=25 / 32,
  # From 10,000 to 25,000.
  pruned=(10 / 32, 25_001 / 32e3),
)


def get_config(method: str = 'rigl') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='resnet')
  set_shared(config, batch_size=4096, num_steps=32_000)
  config.model.zero_init_residual = True
  config.model.kernel_init = 'lecun_normal'
  # Five epochs; then a tenth of the rate from epochs 30, 70 and 90 on.
  config.optimizer.warmup_steps = 1564
  config.optimizer.boundaries = (9384 / 32e3, 21_895 / 32e3, 28_151 / 32e3)
  return config
