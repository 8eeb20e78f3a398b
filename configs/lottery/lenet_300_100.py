r"""LeNet-300-100 on MNIST, as tickets are found in it: Adam at one rate.

  python -m launch.lottery --config=lottery/lenet_300_100 --workdir=DIR \
    --config.data.dir=FOLDER --layers=Dense_2/kernel=0.1 --scope=layer

FOLDER is where TFDS has MNIST as array_record. The recipe of Frankle and Carbin
2019 (Gaussian Glorot weights, batches of 60, Adam at 0.0012) but for its
length, 700 steps in place of 50,000: `--config.num_steps=50000`, and a split
for early stopping, `--config.data.validation=5000`.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  """Returns the config of the dense net."""
  config = default_config(updater='static', model='mlp', optimizer='adam')
  config.updater.sparsity = 0.0
  config.model.kernel_init = 'glorot_gaussian'
  config.data.name = 'mnist'
  config.data.mean = (0.1307,)
  config.data.std = (0.3081,)
  config.num_steps = 700
  config.batch_size = 60
  config.optimizer.learning_rate = 1.2e-3
  config.optimizer.schedule = 'constant'
  config.eval.interval = 700
  config.log_interval = 100
  config.checkpoint.interval = 700
  config.checkpoint.keep = 1
  config.gradient_flow.interval = 0
  return config
