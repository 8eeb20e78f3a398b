"""Methods under `jax_enable_x64`: the draws, masks and types are the same."""

import jax
import numpy as np
import pytest

# Those that draw in several ways, and that hand weights out by shares.
QUICK = ('deep_r', 'dsr')
SLOW = ('gmp', 'granet', 'rigl_sm', 'set', 'snfs', 'snip', 'srigl', 'topkast')


@pytest.fixture(autouse=True)
def _strict():
  with jax.numpy_dtype_promotion('strict'):
    yield


def types(tree):
  return jax.tree.map(lambda leaf: (leaf.dtype, leaf.weak_type), tree)


def test_types_of_params_and_states_are_the_same(case, key, monkeypatch):
  """Also where the method's numbers are NumPy's, which are float64."""
  expected = types(jax.eval_shape(case.first_moment, key))
  numbers = {name: np.float64(x) for name, x in case.numbers.items()}
  with jax.enable_x64(True):
    monkeypatch.setattr(case, 'updater', case.build(case.counts, **numbers))
    assert types(jax.eval_shape(case.first_moment, key)) == expected


def test_float64_params_stay_float64(case, key):
  def mask_step(params):
    state = case.updater.init(params, key=key, probe=case.probe)
    state = case.updater.observe(params, state, params, step=0, key=key)
    return case.updater.update(params, state, params, step=2, key=key)

  with jax.enable_x64(True), jax.numpy_dtype_promotion('standard'):
    wide = jax.tree.map(lambda p: np.asarray(p, np.float64), case.params)
    params, state = jax.eval_shape(mask_step, wide)
  assert {p.dtype.name for p in jax.tree.leaves(params)} == {'float64'}
  assert {m.dtype.name for m in jax.tree.leaves(state.masks)} == {'bool'}


@pytest.mark.parametrize(
  'case',
  [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)],
  indirect=True,
)
def test_a_mask_step_is_the_same_bit_for_bit(case, key):
  expected = jax.jit(case.first_moment)(key)
  with jax.enable_x64(True):
    found = jax.jit(case.first_moment)(key)
  jax.tree.map(np.testing.assert_array_equal, found, expected)
