"""tmp"""
from jaxsparse.experiments.config import default_config


def get_config():
  config = default_config(updater='rigl')
  config.model.features = (300, 100)
  config.num_steps = 1500
  config.batch_size = 64
  config.updater.sparsity = 0.98
  config.updater.update_interval = 25
  config.eval.interval = 100
  return config
