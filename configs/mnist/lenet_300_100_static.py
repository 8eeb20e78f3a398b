r"""LeNet-300-100 on MNIST at 98 % (ERK): a fixed random mask.

  python -m launch.train --config=configs/mnist/lenet_300_100_static.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record; ~/tensorflow_datasets if not
given.

Test accuracy 94.27 ± 0.13 %, mean and standard deviation of 3 seeds, in 15 s
on 2 CPU cores (x86-64), 2026-11-22.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='static', model='mlp')
  config.data.name = 'mnist'
  config.replicates = 3
  config.num_epochs = 6.0
  config.batch_size = 100
  config.optimizer.learning_rate = 0.2
  config.optimizer.nesterov = True
  config.optimizer.weight_decay = 1e-4
  config.optimizer.schedule = 'piecewise'
  config.optimizer.boundaries = (0.45, 0.7)
  config.optimizer.scales = (1 / 3, 1 / 9)
  config.updater.sparsity = 0.98
  config.eval.interval = 200
  return config
