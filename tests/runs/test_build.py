import zlib

import jax
import numpy as np
import pytest
from flax import linen as nn
from flax.core import FrozenDict

from jaxsparse.config.defaults import default_config
from jaxsparse.config.run_config import InitConfig
from jaxsparse.core import paths
from jaxsparse.core.types import MaskUpdater
from jaxsparse.data import order
from jaxsparse.runs import recipes
from jaxsparse.runs.build import build, total_sizes


class Reversed(nn.Module):
  """Its first layer has the last name, and it ends in 10 logits."""

  @nn.compact
  def __call__(self, x, *, train=False):
    x = nn.Dense(12, name='z')(x.reshape(x.shape[0], -1))
    return nn.Dense(10, name='a')(nn.relu(x))


def reversed_layers():
  return Reversed()


def counts_of(experiment):
  return experiment.target_counts


def test_an_experiment_holds_what_the_config_says(make_config):
  experiment = build(make_config(seed=5))
  assert total_sizes(experiment) == {
    'Dense_0/kernel': 1024,
    'Dense_1/kernel': 160,
  }
  # ERK at 0.8 over 64x16 and 16x10: 237 active, in the shares 80 to 26.
  exact = {'Dense_0/kernel': 237 * 80 / 106, 'Dense_1/kernel': 237 * 26 / 106}
  assert counts_of(experiment) == {p: -int(-n // 1) for p, n in exact.items()}
  assert paths.flatten(experiment.counts).keys() == exact.keys()
  plan = experiment.plan
  assert (plan.num_steps, plan.update_interval) == (30, 5)
  assert (plan.start_step, plan.stop_step) == (0, 22)
  assert (plan.log_interval, plan.eval_interval) == (10, 15)
  assert plan.checkpoint_interval == 10
  assert experiment.config.updater.stop_step == 22


def test_seeds_differ_in_key_and_order_alone(make_config):
  one, other = (build(make_config(seed=seed)) for seed in (5, 7))
  keys = [jax.random.key_data(run.member.key).tolist() for run in (one, other)]
  assert keys[0] != keys[1]
  assert one.member._replace(key=None) == other.member._replace(key=None)
  assert one.params is other.params  # Traced and checked once.
  assert np.any(one.batches(3, 9) != other.batches(3, 9))


def test_batches_are_those_of_the_seed(make_config):
  experiment = build(make_config(seed=5))
  size = len(experiment.dataset.train.labels)
  words = (5, zlib.crc32(b'order'))
  np.testing.assert_array_equal(
    experiment.batches(85, 95), order.batch_indices(words, size, 16, 85, 95)
  )


def test_numbers_are_traced_and_the_rest_is_not(make_config):
  member = build(make_config(init='sparse')).member
  assert member.optimizer == {'learning_rate': 0.1, 'weight_decay': 0.0}
  assert member.updater == {
    'drop_fraction': np.float32(0.3),
    'grow_scale': 1.0,
  }
  assert member.init == {'scale': 2.0}
  for numbers in (member.optimizer, member.updater, member.init):
    assert all(value.dtype == np.float32 for value in numbers.values())
  assert all(c.dtype == np.int32 for c in jax.tree.leaves(member.counts))


def test_runs_that_differ_in_numbers_share_their_functions(make_config):
  first = build(make_config())
  other = build(
    make_config(
      seed=9,
      updater__sparsity=0.5,
      updater__drop_fraction=0.9,
      updater__distribution='uniform',
      optimizer__learning_rate=0.5,
      eval__interval=7,
    )
  )
  assert other.recipe == first.recipe
  assert other.task is first.task
  assert other.module is first.module


@pytest.mark.parametrize(
  'fields',
  [
    {'updater__drop_schedule': 'linear'},
    {'updater__stop_step': 11},
    {'num_steps': 31},
    {'model__features': (17,)},
    {'optimizer__momentum': 0.5},
    {'optimizer__schedule': 'constant'},
    {'label_smoothing': 0.1},
  ],
)
def test_runs_that_differ_in_functions_do_not(make_config, fields):
  first, other = build(make_config()), build(make_config(**fields))
  assert other.recipe != first.recipe


def test_an_initialisation_gets_its_static_fields():
  def mine(params, masks, *, key, mode='fan_in', scale=1.0):
    return mode, scale

  own = FrozenDict({'mode': 'fan_out', 'scale': 3.0})
  numbers = recipes.numbers(own)
  assert numbers == {'scale': np.float32(3)}
  initialise = recipes.initialiser(InitConfig(name=mine, hyperparameters=own))
  assert initialise({}, {}, key=None, **numbers) == ('fan_out', 3.0)
  other = InitConfig(name=mine, hyperparameters=own.copy({'scale': 2.0}))
  assert recipes.initialiser(other) is initialise


@pytest.mark.parametrize(
  ('field', 'value'), [('fan', 'fan-in'), ('scale', -1.0)]
)
def test_an_initialisation_that_is_refused_names_its_section(
  make_config, field, value
):
  config = make_config(init__name='layer_scaled')
  config.init.update({field: value})
  with pytest.raises(
    ValueError, match=rf'config.init \(layer_scaled\): {field}'
  ):
    build(config)


def test_a_method_gets_the_steps_that_it_asks_for(make_config):
  seen = {}

  def mine(counts, *, strength=0.5, mode='a', start_step, stop_step):
    seen.update(mode=mode, start_step=start_step, stop_step=stop_step)
    return MaskUpdater(init=None, update=None)

  build(make_config(mine, updater__mode='b', updater__start_step=4))
  assert seen == {'mode': 'b', 'start_step': 4, 'stop_step': 22}


@pytest.mark.parametrize('value', [0.25, 100.0])
def test_the_validation_split_is_cut_and_evaluated_on(make_config, value):
  experiment = build(make_config(data__validation=value))
  dataset = experiment.dataset
  size = int(0.25 * 1442) if value == 0.25 else 100
  assert len(dataset.validation.labels) == size
  assert len(dataset.train.labels) == 1442 - size
  assert experiment.eval_split is dataset.validation


@pytest.mark.parametrize('name', ['auto', 'test'])
def test_without_a_validation_split_it_is_the_test_split(make_config, name):
  experiment = build(make_config(eval__split=name))
  assert experiment.eval_split is experiment.dataset.test
  cut = build(make_config(eval__split=name, data__validation=0.5))
  assert (cut.eval_split is cut.dataset.test) == (name == 'test')


def test_a_layer_may_be_given_its_own_sparsity(make_config):
  config = make_config(updater__layers=('Dense_1*=0.25',))
  found = counts_of(build(config))
  assert found['Dense_1/kernel'] == 120
  # The rest keeps the target to itself.
  assert found['Dense_0/kernel'] == 1024 - int(0.8 * 1024)


@pytest.mark.parametrize('distribution', ['uniform', 'erk'])
def test_the_rest_may_pay_for_such_a_layer(make_config, distribution):
  config = make_config(
    updater__distribution=distribution,
    updater__layers=('Dense_1*=0',),
    updater__layers_in_budget=True,
  )
  found = counts_of(build(config))
  assert found['Dense_1/kernel'] == 160
  # 0.8 of all 1,184 weights, rounded down in each layer, are 0.
  assert found['Dense_0/kernel'] == 1184 - 819 - 128 - 160


def test_the_first_layer_is_the_one_that_is_used_first(make_config):
  config = make_config(
    model=reversed_layers,
    updater__dense_first=True,
    updater__distribution='uniform',
  )
  assert counts_of(build(config)) == {'a/kernel': 24, 'z/kernel': 64 * 12}


def test_a_distribution_gets_the_order_of_use_if_it_takes_one(make_config):
  config = make_config(
    model=reversed_layers, updater__distribution='smart_ratio'
  )
  # 154 + 24 are active; the last layer has 0.3 of its 120 weights.
  assert counts_of(build(config)) == {'a/kernel': 36, 'z/kernel': 142}


@pytest.mark.parametrize(
  ('field', 'value', 'said'),
  [
    ('batch_size', 1443, r'config.batch_size: got 1443.* 1442 examples'),
    ('checkpoint__interval', 0, 'config.checkpoint.interval: got 0'),
    ('checkpoint__keep_steps', (31,), 'keep_steps: got .* num_steps 30'),
    ('data__validation', -1.0, 'validation -1.0 is neither'),
    ('data__validation', 1.5, 'validation 1.5 is neither'),
    ('eval__batch_size', 0, 'config.eval.batch_size: got 0'),
    ('eval__split', 'train', 'config.eval.split: got .train.; accepted'),
    ('label_smoothing', 1.0, r'label_smoothing: got 1.0; .* in \[0, 1\)'),
    ('model__features', ('a',), 'config.model: features'),
    ('model__features', (0,), r'config.model: features \(0,\)'),
    ('model__kernel_init', 'he', 'config.model: kernel_init'),
    ('optimizer__learning_rate', 0.0, 'optimizer.learning_rate: got 0.0'),
    ('optimizer__scales', (0.5,), 'config.optimizer: got schedule'),
    ('optimizer__schedule', 'cosin', "'cosin' is not one of constant, cos"),
    ('optimizer__schedule_arguments', ('end',), "got 'end'; .* 'NAME=VALUE'"),
    ('optimizer__schedule_arguments', ('a=1',), "'a'; accepted are none"),
    ('optimizer__weight_decay', -1.0, 'optimizer.weight_decay: got -1.0'),
    ('updater__drop_fraction', 1.5, 'drop_fraction is 1.5; accepted'),
    ('updater__layers', ('Conv*=0.5',), 'fits none of the selected leaves'),
    ('updater__layers', ('Dense_0*',), 'pattern=sparsity'),
    ('updater__stop_fraction', 1.5, 'config.updater.stop_fraction: got 1.5'),
  ],
)
def test_a_field_out_of_its_range_is_refused(make_config, field, value, said):
  with pytest.raises(ValueError, match=said):
    build(make_config(**{field: value}))


@pytest.mark.parametrize(
  'name', ['muon', 'sophia', 'polyak_sgd', 'momo', 'galore', 'dpsgd']
)
def test_an_optimiser_that_masks_cannot_hold_is_refused(make_config, name):
  found = 'optax' if name == 'polyak_sgd' else 'optax.contrib'
  with pytest.raises(ValueError, match='config.optimizer'):
    build(make_config(optimizer=f'{found}.{name}'))


def test_a_model_that_does_not_take_the_images_says_so():
  config = default_config(model='lenet5')
  config.num_steps = 3
  with pytest.raises(ValueError, match='lenet5 takes images .* at least 16'):
    build(config)


def test_a_distribution_has_arguments_of_its_own(make_config):
  config = make_config(
    updater__distribution='smart_ratio',
    updater__distribution_arguments=('head_density=0.5', 'profile=ascending'),
  )
  counts = build(config).target_counts
  assert counts['Dense_1/kernel'] == 80
  config.updater.distribution_arguments = ('heads=0.5',)
  with pytest.raises(ValueError, match='smart_ratio takes no heads'):
    build(config)
  config.updater.distribution_arguments = ('head_density',)
  with pytest.raises(ValueError, match="distribution_arguments: got .*'NAME="):
    build(config)
