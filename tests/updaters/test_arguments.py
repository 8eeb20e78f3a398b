"""Arguments of the builders that are refused, before anything compiles."""

import jax
import jax.numpy as jnp
import pytest

from jaxsparse.updaters.gmp import gmp
from jaxsparse.updaters.magnitude import magnitude
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.set import set as set_updater
from jaxsparse.updaters.snfs import snfs
from jaxsparse.updaters.static import static

COUNTS = {'layer': {'kernel': 3}}
PARAMS = {'layer': {'kernel': jnp.ones((2, 3))}}
DYNAMIC = [rigl, set_updater, snfs]


@pytest.mark.parametrize('method', DYNAMIC)
@pytest.mark.parametrize('value', [-0.1, 1.5, float('nan'), float('inf')])
def test_drop_fraction(method, value):
  with pytest.raises(ValueError, match=r'drop_fraction is .* in \[0, 1\]'):
    method(COUNTS, drop_fraction=value, stop_step=10)


@pytest.mark.parametrize('method', DYNAMIC)
@pytest.mark.parametrize('value', [0, 1, 0.5, jnp.float32(0.3)])
def test_drop_fractions_that_are_accepted(method, value):
  method(COUNTS, drop_fraction=value, stop_step=10)


@pytest.mark.parametrize('method', DYNAMIC)
def test_steps(method):
  with pytest.raises(ValueError, match='start_step is 7 and stop_step 6'):
    method(COUNTS, start_step=7, stop_step=6)
  with pytest.raises(ValueError, match='start_step is -1'):
    method(COUNTS, start_step=-1, stop_step=6)


@pytest.mark.parametrize('method', DYNAMIC)
def test_drop_schedule(method):
  with pytest.raises(ValueError, match="'cosin'; .* mean 'cosine'"):
    method(COUNTS, drop_schedule='cosin', stop_step=6)


@pytest.mark.parametrize('value', [-0.1, 1, 1.0, float('nan')])
def test_momentum(value):
  with pytest.raises(ValueError, match=r'momentum is .* in \[0, 1\)'):
    snfs(COUNTS, momentum=value, stop_step=10)


@pytest.mark.parametrize('method', DYNAMIC)
def test_traced_values_are_taken_as_they_are(method):
  def build(fraction, start, stop):
    method(COUNTS, drop_fraction=fraction, start_step=start, stop_step=stop)
    return fraction

  jax.jit(build)(7.0, 3, 1)


BUILDERS = {
  'static': static,
  'magnitude': magnitude,
  'gmp': lambda counts: gmp(counts, stop_step=9, update_interval=2),
  'rigl': lambda counts: rigl(counts, stop_step=9),
  'set': lambda counts: set_updater(counts, stop_step=9),
  'snfs': lambda counts: snfs(counts, stop_step=9),
}


@pytest.mark.parametrize('name', list(BUILDERS))
@pytest.mark.parametrize(
  ('counts', 'error', 'message'),
  [
    ({'layer': {'kernel': 7}}, ValueError, r"'layer/kernel' is 7.* 0 to 6"),
    ({'layer': {'kernel': -1}}, ValueError, r"'layer/kernel' is -1"),
    ({'layer': {'kernel': 3.0}}, TypeError, 'float'),
    ({'layer': {'kernal': 3}}, ValueError, "mean 'layer/kernel'"),
  ],
)
def test_counts(name, counts, error, message, key):
  with pytest.raises(error, match=message):
    BUILDERS[name](counts).init(PARAMS, key=key)
