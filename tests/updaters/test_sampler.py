"""What the first masks of a method are drawn by."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import fans, masks, samplers
from jaxsparse.updaters.granet import granet
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.set import set as set_updater
from jaxsparse.updaters.snfs import snfs
from jaxsparse.updaters.static import static

PARAMS = {'layer': {'kernel': jnp.ones((6, 5)), 'bias': jnp.ones(5)}}
COUNTS = {'layer': {'kernel': 7, 'bias': None}}
METHODS = {
  'static': static,
  'set': functools.partial(set_updater, stop_step=9),
  'rigl': functools.partial(rigl, stop_step=9),
  'snfs': functools.partial(snfs, stop_step=9),
  # At its target from the start.
  'granet': functools.partial(
    granet, initial_fraction=1.0, stop_step=9, update_interval=1
  ),
}


def drawn(method, key, **chosen):
  """The first mask of the only kernel."""
  state = METHODS[method](COUNTS, **chosen).init(PARAMS, key=key)
  assert state.masks['layer']['bias'] is None
  return np.asarray(state.masks['layer']['kernel'])


@pytest.mark.parametrize('method', METHODS)
def test_by_default_places_are_uniformly_random(method, key):
  expected = masks.random_masks(PARAMS, COUNTS, key=key)['layer']['kernel']
  for chosen in ({}, {'sampler': 'uniform'}):
    np.testing.assert_array_equal(drawn(method, key, **chosen), expected)


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('name', ['connected', 'uneven'])
def test_a_sampler_is_named_by_a_word_a_path_or_itself(method, name, key):
  function = getattr(samplers, name)
  expected = np.asarray(function(PARAMS, COUNTS, key=key)['layer']['kernel'])
  usual = masks.random_masks(PARAMS, COUNTS, key=key)['layer']['kernel']
  assert (expected != np.asarray(usual)).any()
  for spec in (name, f'jaxsparse.core.samplers.{name}', function):
    mask = drawn(method, key, sampler=spec)
    np.testing.assert_array_equal(mask, expected)


def test_connected_gives_each_unit_an_input_and_uneven_drops_the_first():
  """Of 5 units with 7 weights, over 20 draws."""
  keys = [jax.random.key(seed) for seed in range(20)]
  fed = {
    name: np.array([drawn('rigl', k, sampler=name).sum(0) for k in keys])
    for name in ('uniform', 'connected', 'uneven')
  }
  assert all((each.sum(1) == 7).all() for each in fed.values())
  assert fed['uniform'].min() == 0
  assert fed['connected'].min() == 1
  assert fed['uneven'][:, 0].sum() < 0.2 * fed['uneven'][:, -1].sum()


def test_one_of_my_own_and_one_for_kernels_laid_out_otherwise(key):
  def first_places(params, counts, *, key):
    return masks.map_masks(
      lambda p, n: (jnp.arange(p.size) < n).reshape(p.shape), params, counts
    )

  mask = drawn('static', key, sampler=first_places)
  np.testing.assert_array_equal(mask.ravel(), np.arange(30) < 7)
  by_rows = functools.partial(samplers.connected, axes=fans.equinox)
  assert drawn('static', key, sampler=by_rows).any(axis=1).all()


@pytest.mark.parametrize('method', METHODS)
def test_an_unknown_name_is_refused_before_anything_is_drawn(method):
  with pytest.raises(
    ValueError,
    match=r"'conected' is not one of samplers: connected, uneven, uniform,"
    r" or a dotted path. Did you mean 'connected'\?",
  ):
    METHODS[method](COUNTS, sampler='conected')
