r"""LeNet5 on MNIST at 95 % (uniform): SNFS.

  python -m launch.train --config=configs/mnist/lenet5_snfs.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record; ~/tensorflow_datasets if not
given.

Test accuracy 95.62 ± 2.58 %, mean and standard deviation of 3 seeds, in 275 s
on 2 CPU cores (x86-64) that other jobs shared (2026-11-23).

LeNet5 as in Evci et al. 2022, "Gradient Flow in Sparse Neural Networks and How
Lottery Tickets Win", but for 3 epochs where the paper has 25. The first layer
stays dense: it has 150 weights.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='snfs', model='lenet5', init='sparse')
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
  config.updater.update_interval = 100
  config.updater.start_step = 100
  config.updater.stop_fraction = 1.0
  return config
