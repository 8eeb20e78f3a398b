r"""ResNet-50 on ImageNet at 80 % (uniform): RigL.

  python -m launch.train --config=configs/imagenet/resnet50_rigl.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record; ~/tensorflow_datasets if
not given. `--dry_run` needs neither it nor a large machine.

The recipe of Evci et al. 2020, "Rigging the Lottery": 32,000 steps of 4,096
images (102 epochs). The paper's top-1 accuracy, which is not ours, is 74.6 ±
0.06 % (mean and deviation of 3 runs); we have not run this to its end. The
first convolution stays dense, the classifier does not. At mask step 0 the
kernels of the blocks have no gradient yet, for their last BatchNorm starts at
0: what grows there goes by position alone, as in their code. Their RigL 5x
(76.6 ± 0.06 %) is --config.multiplier=5.

Meant for accelerators: the activations of one such batch take hundreds of GB,
and a batch lives on one device. With less memory take a smaller batch, a
learning rate in proportion and more steps: all but the warm-up and the
interval of mask steps goes by shares of the run.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='rigl', model='resnet')
  config.data.name = 'imagenet2012'
  config.data.mean = (0.485, 0.456, 0.406)
  config.data.std = (0.229, 0.224, 0.225)
  config.data.augment = ('flip',)
  config.batch_size = 4096
  config.num_steps = 32_000
  config.label_smoothing = 0.1
  config.model.zero_init_residual = True
  config.model.kernel_init = 'lecun_normal'
  config.optimizer.learning_rate = 1.6
  config.optimizer.nesterov = True
  config.optimizer.weight_decay = 1e-4
  # Five epochs; then a tenth of the rate from epochs 30, 70 and 90 on.
  config.optimizer.warmup_steps = 1564
  config.optimizer.schedule = 'piecewise'
  config.optimizer.boundaries = (9384 / 32e3, 21_895 / 32e3, 28_151 / 32e3)
  config.optimizer.scales = (0.1, 0.01, 0.001)
  config.eval.interval = 1600
  config.eval.batch_size = 500
  config.updater.sparsity = 0.8
  config.updater.distribution = 'uniform'
  config.updater.dense_first = True
  config.updater.drop_fraction = 0.3
  config.updater.update_interval = 100
  config.updater.stop_fraction = 25 / 32
  return config
