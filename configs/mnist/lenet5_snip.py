r"""LeNet5 on MNIST at 95 % (uniform): SNIP, before training.

  python -m launch.train --config=configs/mnist/lenet5_snip.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record; ~/tensorflow_datasets if not
given.

Test accuracy 95.36 ± 0.74 %, mean and standard deviation of 3 seeds (2 CPU
cores that other jobs shared, x86-64, 2026-11-23).

LeNet5 as in Evci et al. 2022, "Gradient Flow in Sparse Neural Networks and How
Lottery Tickets Win", but for 3 epochs where the paper has 25. The first layer
stays dense: it has 150 weights.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='snip', model='lenet5')
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
  return config
