import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.models import _nets


class Classifier(nn.Module):
  """The classifier alone."""

  @nn.compact
  def __call__(self, x):
    return _nets.logits(x, 40)


def test_the_classifier(key):
  x = jnp.ones((2, 3, 1, 50), jnp.bfloat16)
  logits, variables = jax.jit(Classifier().init_with_output)(key, x)
  layer = variables['params']['logits']
  assert np.std(layer['kernel']) == pytest.approx(0.01, rel=0.05)
  assert not np.any(layer['bias'])
  assert logits.dtype == jnp.float32
  np.testing.assert_allclose(logits[0], np.sum(layer['kernel'], 0), rtol=1e-4)
