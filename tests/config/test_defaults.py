import inspect

import pytest
from ml_collections import config_dict

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.defaults import default_config
from jaxsparse.core import initialisation
from jaxsparse.updaters.gmp import gmp

UPDATERS = config_lib.names('updater')


def by_signature(fn, supplied):
  """Keyword-only parameters with a default, but what the run supplies."""
  return {
    name: p.default
    for name, p in inspect.signature(fn).parameters.items()
    if p.kind is p.KEYWORD_ONLY
    and name not in supplied
    and p.default is not p.empty
  }


def test_the_sections_and_fields_of_a_run():
  config = default_config()
  assert set(config) == {
    *('data', 'model', 'optimizer', 'updater', 'init', 'scoring', 'checkpoint'),
    *('eval', 'pruning', 'anchors', 'streams'),
    *('gradient_flow', 'seed', 'batch_size', 'num_steps'),
    *('num_epochs', 'multiplier', 'label_smoothing', 'log_interval'),
    *('task', 'metrics', 'loggers', 'compute'),
    'made_for',
  }
  assert config.num_steps is None
  assert config.num_epochs is None


@pytest.mark.parametrize('name', UPDATERS)
def test_a_method_brings_its_hyperparameters_with_their_defaults(name):
  config = default_config(updater=name)
  supplied = ('start_step', 'stop_step', 'update_interval')
  own = by_signature(config_lib.find('updater', name), supplied)
  assert {k: config.updater[k] for k in own} == own


def test_a_method_of_the_users_own_needs_no_entry_anywhere():
  def mine(counts, *, strength=0.25, start_step, stop_step, mode='a'):
    raise NotImplementedError

  config = default_config(updater=mine)
  assert config.updater.name is mine
  assert (config.updater.strength, config.updater.mode) == (0.25, 'a')
  assert config.updater.start_step is None


def test_a_dotted_path_means_what_it_names():
  path = 'jaxsparse.updaters.gmp.gmp'
  assert config_lib.find('updater', path) is gmp
  assert default_config(updater=path).updater.name == path


def test_an_init_brings_its_hyperparameters_but_the_key():
  init = default_config(init='sparse').init
  brought = {'scale', 'fan', 'distribution'}
  assert set(init) - set(default_config().init) == brought
  assert config_lib.find('init', 'sparse') is initialisation.sparse


def test_the_optimiser_brings_its_fields():
  assert default_config(optimizer='adam').optimizer.b1 == 0.9
  assert default_config(optimizer='adamw').optimizer.weight_decay == 1e-4
  assert default_config(optimizer='sgd').optimizer.momentum == 0.9


def test_a_field_without_a_default_value_takes_one_later():
  config = default_config(optimizer='rmsprop')
  assert config.optimizer.momentum is None
  config.optimizer.momentum = 0.9
  assert isinstance(config.get_ref('num_steps'), config_dict.FieldReference)


@pytest.mark.parametrize(
  ('section', 'name', 'nearest'),
  [
    ('updater', 'rigll', 'rigl'),
    ('model', 'mpl', 'mlp'),
    ('optimizer', 'adm', 'adam'),
    ('init', 'spars', 'sparse'),
  ],
)
def test_an_unknown_name_is_refused_with_the_nearest(section, name, nearest):
  with pytest.raises(ValueError, match=f'config.{section}.name') as error:
    default_config(**{section: name})
  assert f'Did you mean {nearest!r}?' in str(error.value)


def test_configs_share_nothing():
  first, second = default_config(), default_config()
  first.updater.sparsity = 0.5
  first.model.features = (7,)
  assert second.updater.sparsity == 0.9
  assert second.model.features == (300, 100)


def test_nested_dicts_hold_no_config_dict():
  tree = config_lib.nested_defaults()
  assert type(tree) is dict
  assert type(tree['updater']) is dict
  assert type(tree['model']['features']) is tuple


def test_fields_without_a_value_are_each_its_own():
  def mine(counts, *, first=None, second=None):
    raise NotImplementedError

  config = default_config(updater=mine)
  config.updater.first = 1
  assert config.updater.second is None


def test_a_config_of_a_method_has_its_fields_and_no_others():
  fields = config_lib.method_fields(
    {'sparsity': 0.8}, {'static snip': {}, 'set rigl': {'drop_fraction': 0.1}}
  )
  assert list(fields) == ['dense', 'static', 'snip', 'set', 'rigl']
  rigl, dense = (
    config_lib.method_config(m, fields, model='lenet5').updater
    for m in ('rigl', 'dense')
  )
  assert (rigl.name, rigl.sparsity, rigl.drop_fraction) == ('rigl', 0.8, 0.1)
  assert (dense.name, dense.sparsity) == ('dense', 0.0)
  with pytest.raises(ValueError, match="accepted are dense, .*mean 'set'"):
    config_lib.method_config('sett', fields)
