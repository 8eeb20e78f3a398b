r"""LeNet5 on MNIST at 95 % (uniform): one-shot magnitude pruning.

  python -m launch.train --config=configs/mnist/lenet5_magnitude.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record; ~/tensorflow_datasets if not
given.
"""

from ml_collections import ConfigDict

from jaxsparse.experiments.config import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='magnitude', model='lenet5')
  config.data.name = 'mnist'
  config.replicates = 3
  config.num_epochs = 3.0
  config.batch_size = 128
  config.optimizer.learning_rate = 0.05
  # The paper's l2(5e-4) is 5e-4 |w|^2, whose gradient is twice that.
  config.optimizer.weight_decay = 1e-3
  config.updater.sparsity = 0.95
  config.updater.distribution = 'uniform'
  config.updater.dense_first = True
  config.updater.start_fraction = 0.3
  return config
