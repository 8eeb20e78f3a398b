import pytest

from jaxsparse.experiments.config import default_config


def make_config(updater='rigl', **fields):
  """A run of 30 steps of a tiny net: `updater__sparsity=0.5`, `seed=3`."""
  names = {
    name: fields.pop(name)
    for name in ('model', 'optimizer', 'init')
    if name in fields
  }
  config = default_config(updater=updater, **names)
  if 'model' not in names:
    config.model.features = (16,)
  config.num_steps = 30
  config.batch_size = 16
  config.log_interval = 10
  config.checkpoint.interval = 10
  config.updater.update(sparsity=0.8, update_interval=5)
  config.eval.update(interval=15, batch_size=100)
  config.gradient_flow.update(interval=15, probe_size=50)
  for field, value in fields.items():
    *sections, name = field.split('__')
    target = config
    for section in sections:
      target = target[section]
    target[name] = value
  return config


@pytest.fixture(name='make_config', scope='session')
def _make_config():
  return make_config
