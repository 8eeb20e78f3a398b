r"""LeNet5 on MNIST, dense.

  python -m launch.train --config=configs/mnist/lenet5_dense.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record; ~/tensorflow_datasets if not
given.

Test accuracy 98.58 ± 0.28 %, mean and standard deviation of 3 seeds, in 60 s
on 2 CPU cores (x86-64) that other jobs shared (2026-11-23).

LeNet5 as in Evci et al. 2022, "Gradient Flow in Sparse Neural Networks and How
Lottery Tickets Win", but for 3 epochs where the paper has 25.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='dense', model='lenet5')
  config.data.name = 'mnist'
  config.replicates = 3
  config.num_epochs = 3.0
  config.batch_size = 128
  config.optimizer.learning_rate = 0.05
  # The paper's l2(5e-4) is 5e-4 |w|^2, whose gradient is twice that.
  config.optimizer.weight_decay = 1e-3
  config.updater.sparsity = 0.0
  return config
