"""Changes to a config by dotted field."""

from jaxsparse.config import overrides
from jaxsparse.config.defaults import default_config


def test_the_last_length_is_the_one_that_holds():
  fields = {'seed': 3, 'num_steps': 5}
  merged = overrides.merged
  assert merged(fields, {'seed': 4}) == {'seed': 4, 'num_steps': 5}
  assert merged(fields, {'num_epochs': 2}) == {'seed': 3, 'num_epochs': 2}
  assert merged(fields, {'num_steps': 6}) == {'seed': 3, 'num_steps': 6}


def test_a_change_leaves_the_base_as_it_is():
  base = default_config(updater='rigl')
  base.num_steps = 5
  config = overrides.override(
    base, {'num_epochs': 2.0, 'updater.sparsity': 0.5, 'updater.name': 'set'}
  )
  assert (config.num_steps, config.num_epochs) == (None, 2.0)
  assert (config.updater.name, config.updater.sparsity) == ('set', 0.5)
  assert (base.num_steps, base.updater.name) == (5, 'rigl')


def test_hyperparameters_of_methods_not_selected_are_left_out():
  base = default_config(updater='static')
  changes = {'updater.grow_batches': 2}
  assert 'grow_batches' not in overrides.override(base, changes).updater
  changes['updater.name'] = 'rigl'
  assert overrides.override(base, changes).updater.grow_batches == 2
