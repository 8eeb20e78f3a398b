"""Runs under the section `compute`."""

import collections

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax.extend.core import jaxprs_in_params

from jaxsparse.config import defaults, identity
from jaxsparse.config.dicts import to_dict
from jaxsparse.config.resolve import resolve
from jaxsparse.errors import Interrupted
from jaxsparse.runs import dry_run, recipes
from jaxsparse.runs.build import build
from jaxsparse.runs.compiled import family
from jaxsparse.runs.train import train
from jaxsparse.training.sharding import Devices
from tests.stored_steps import arrays_at

FIELDS = {
  'compute__dtype': 'bfloat16',
  'compute__accumulation': 4,
  'compute__rematerialise': True,
}


class Normed(nn.Module):
  """A net of a user's own, with statistics."""

  num_classes: int

  @nn.compact
  def __call__(self, x, *, train=False):
    x = nn.Dense(12, use_bias=False)(x.reshape(len(x), -1))
    x = nn.relu(nn.BatchNorm(not train, momentum=0.9)(x))
    return nn.Dense(self.num_classes)(x)


def normed(*, num_classes=10):
  return Normed(num_classes)


def products(jaxpr):
  """Counts convolutions and matrix products by the dtype of their results."""
  count = collections.Counter()
  for eqn in jaxpr.eqns:
    if eqn.primitive.name in ('conv_general_dilated', 'dot_general'):
      count[str(eqn.outvars[0].aval.dtype)] += 1
    for inner in jaxprs_in_params(eqn.params):
      count += products(inner)
  return count


@pytest.mark.parametrize('name', defaults.names('model'))
def test_each_model_computes_in_bfloat16(name):
  """All but the classifier, of some."""
  config = defaults.default_config(model=name)
  config.num_steps = 1
  task = recipes.task_in('bfloat16', resolve(config), 10)
  shape, dtype = (2, 32, 32, 3), jnp.float32
  if name == 'gru_lm':
    shape, dtype = (2, 5), jnp.int32
  inputs = jax.ShapeDtypeStruct(shape, dtype)
  variables = jax.eval_shape(task.init, jax.random.key(0), inputs)
  traced = jax.jit(task.logits).trace(*variables, inputs)
  assert traced.out_info.dtype == jnp.float32
  count = products(traced.jaxpr.jaxpr)
  assert count['bfloat16'] + count['float32'] == count.total()
  assert count['bfloat16'] >= 2
  assert count['float32'] <= 1
  leaves = jax.tree.leaves(variables)
  assert {leaf.dtype for leaf in leaves} == {jnp.dtype('float32')}


def test_fields_at_their_defaults_are_of_no_run(make_config):
  config, stored = make_config(), to_dict(resolve(make_config()))
  del stored['compute']
  assert identity.digest(stored) == identity.digest(resolve(config))
  usual = build(config)
  assert usual.recipe.loss is usual.task.loss
  for field, value in FIELDS.items():
    changed = build(make_config(**{field: value}))
    assert identity.digest(changed.config) != identity.digest(usual.config)
    assert family(changed) != family(usual)
    # Evaluations and probes are those of any run.
    assert changed.task is usual.task
  again = [build(make_config(seed=i, **FIELDS)) for i in (1, 2)]
  assert family(again[0]) == family(again[1])


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    (
      {'compute__accumulation': 3},
      r'config.compute.accumulation: got 3; accepted are divisors of'
      r' config.batch_size, 16',
    ),
    ({'compute__accumulation': 0}, 'got 0; accepted is an int >= 1'),
    (
      {'compute__dtype': 'float16'},
      "config.compute.dtype: got 'float16'; accepted is float32, bfloat16",
    ),
  ],
)
def test_what_is_refused(make_config, fields, message):
  with pytest.raises(ValueError, match=message):
    build(make_config(**fields))


@pytest.mark.slow
def test_a_run_with_all_of_them_killed_and_resumed(make_config, tmp_path):
  def config():
    return make_config('rigl', model=normed, num_steps=20, **FIELDS)

  train(config(), tmp_path / 'whole', plots=False)
  state = arrays_at(tmp_path / 'whole', 20)
  dtypes = {np.dtype(t) for t in ('float32', 'int32', 'bool')}
  assert {leaf.dtype for leaf in state.values()} <= dtypes
  asked = iter([False, True])
  with pytest.raises(Interrupted):
    train(
      config(),
      tmp_path / 'stopped',
      plots=False,
      interrupted=lambda: next(asked, False),
    )
  train(config(), tmp_path / 'stopped', plots=False)
  for path, leaf in arrays_at(tmp_path / 'stopped', 20).items():
    assert leaf.tobytes() == state[path].tobytes(), path


@pytest.mark.slow
def test_masks_over_devices_are_those_of_whole_batches_on_one(
  make_config, tmp_path
):
  parts = {'compute__accumulation': 2, 'compute__rematerialise': True}
  train(make_config(), tmp_path / 'one', plots=False)
  devices = Devices(data=4, model=2, shard_params=True)
  train(make_config(**parts), tmp_path / 'all', plots=False, devices=devices)
  one, several = (arrays_at(tmp_path / name, 30) for name in ('one', 'all'))
  masks = [path for path in one if '/masks/' in path]
  assert masks
  for path in masks:
    np.testing.assert_array_equal(several[path], one[path], path)


def test_a_dry_run_has_too_few_examples_to_divide(make_config):
  experiment = build(make_config('rigl', model=normed, **FIELDS))
  assert np.isfinite(dry_run.take(experiment)).all()
