"""MLP 64-300-100-10 on digits at 98 % (ERK): GraNet.

  python -m launch.train --config=configs/digits/mlp_granet.py --workdir=DIR

Test accuracy 96.90 ± 0.34 %, mean and standard deviation of 5 seeds, in 47 s
on 2 CPU cores (x86-64) that other jobs shared, 2026-11-30;
RigL there has 96.79 ± 0.58 %.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='granet', model='mlp')
  config.data.name = 'digits'
  config.replicates = 5
  config.num_steps = 1500
  config.batch_size = 64
  config.optimizer.learning_rate = 0.1
  config.updater.sparsity = 0.98
  config.updater.update_interval = 25
  config.eval.interval = 100
  return config
