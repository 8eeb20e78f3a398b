"""MLP 64-300-100-10 on digits at 98 % (ERK): SNIP, before training.

  python -m launch.train --config=configs/digits/mlp_snip.py --workdir=DIR

Test accuracy 94.20 ± 1.19 %, mean and standard deviation of 5 seeds (2 CPU
cores that other jobs shared, x86-64, 2026-11-23).
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='snip', model='mlp')
  config.data.name = 'digits'
  config.replicates = 5
  config.num_steps = 1500
  config.batch_size = 64
  config.optimizer.learning_rate = 0.1
  config.updater.sparsity = 0.98
  config.eval.interval = 100
  return config
