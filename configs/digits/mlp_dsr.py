"""MLP 64-300-100-10 on digits at 98 % (ERK): DSR.

  python -m launch.train --config=configs/digits/mlp_dsr.py --workdir=DIR

Test accuracy 91.77 ± 1.83 %, mean and standard deviation of 5 seeds, in 10 s
on 2 CPU cores (x86-64) that other jobs shared, 2026-11-23;
RigL there has 96.79 ± 0.58 %.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='dsr', model='mlp')
  config.data.name = 'digits'
  config.replicates = 5
  config.num_steps = 1500
  config.batch_size = 64
  config.optimizer.learning_rate = 0.1
  config.updater.sparsity = 0.98
  config.updater.update_interval = 25
  config.eval.interval = 100
  return config
