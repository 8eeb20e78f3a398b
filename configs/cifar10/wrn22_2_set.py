r"""WRN-22-2 on CIFAR-10 at 95 % (ERK): SET.

  python -m launch.train --config=configs/cifar10/wrn22_2_set.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; ~/tensorflow_datasets if not
given. `--config.data.name=cifar10_jpeg` takes a lossy copy (JPEG) where that is
there: say so beside what comes of it.

The recipe of Evci et al. 2020, "Rigging the Lottery": 97,656 steps of 128
images (250 epochs), trained on all 50,000. The paper prints no accuracy of it,
and we have not run this to its end. Masks change as in RigL, not once an epoch
as in SET's own paper. The first convolution stays dense, as by default in their
code. Convolutions start as He normal over fan-out, as in the reproducibility
report.

`--config.multiplier=0.2` makes all of it a fifth as long, but for the intervals
between mask steps; 2 is the paper's "2x".

Meant for a GPU: on CPU a step of 128 images takes seconds. The study
`configs/studies/rigl/cifar10_short.py` is there for that.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='set', model='wide_resnet')
  config.data.name = 'cifar10'
  config.data.standardize = True
  config.data.augment = ('crop', 'flip')
  config.batch_size = 128
  config.num_steps = 97_656
  config.model.depth = 22
  config.model.width = 2.0
  config.model.dropout = 0.3
  config.optimizer.learning_rate = 0.1
  config.optimizer.nesterov = True
  config.optimizer.weight_decay = 5e-4
  # A fifth of the rate from steps 30,000, 60,000 and 90,000 on.
  config.optimizer.schedule = 'piecewise'
  config.optimizer.boundaries = (30 / 97.656, 60 / 97.656, 90 / 97.656)
  config.optimizer.scales = (0.2, 0.04, 0.008)
  config.eval.interval = 4000
  config.gradient_flow.interval = 0
  config.updater.sparsity = 0.95
  config.updater.distribution = 'erk'
  config.updater.dense_first = True
  config.updater.drop_fraction = 0.3
  config.updater.update_interval = 100
  config.updater.stop_step = 75_000
  return config
