"""Runs of models whose params are in half precision."""

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.errors import Interrupted
from jaxsparse.runs.train import train
from tests.stored_steps import arrays_at


class Half(nn.Module):
  """A small net in one dtype, but for its logits."""

  num_classes: int
  dtype: str

  @nn.compact
  def __call__(self, x, *, train=False):
    del train
    options = {'dtype': self.dtype, 'param_dtype': self.dtype}
    x = nn.relu(nn.Dense(8, **options)(x.reshape(len(x), -1)))
    return nn.Dense(self.num_classes, **options)(x).astype(jnp.float32)


def half(*, num_classes, dtype='bfloat16'):
  return Half(num_classes, dtype)


@pytest.fixture(params=['bfloat16', 'float16'])
def config(request, make_config):
  """RigL and SGD with momentum; two mask steps on each side of a stop."""
  return make_config(
    'rigl',
    model=half,
    num_steps=20,
    model__dtype=request.param,
    optimizer__weight_decay=1e-3,
    eval__interval=20,
    gradient_flow__interval=0,
  )


def test_a_run_in_half_precision(config, tmp_path):
  config.checkpoint.keep_steps = (10,)
  train(config, tmp_path / 'whole', plots=False)
  states = [arrays_at(tmp_path / 'whole', step) for step in (0, 10, 20)]
  dtypes = [{p: leaf.dtype for p, leaf in s.items()} for s in states]
  assert dtypes[0] == dtypes[1] == dtypes[2]
  for state in states:
    for path, mask in state.items():
      if '/mask_state/masks/' in path:
        weights = state[path.replace('/mask_state/masks/', '/params/')]
        assert weights.dtype == config.model.dtype
        assert not weights[~mask].any()
        assert np.isfinite(weights.astype(np.float32)).all()
        assert np.count_nonzero(weights) > mask.sum() // 2
  changed = [p for p in states[0] if (states[0][p] != states[2][p]).any()]
  assert any('/masks/Dense_0' in path for path in changed)

  asked = iter([False, True])
  with pytest.raises(Interrupted):
    train(
      config,
      tmp_path / 'stopped',
      plots=False,
      interrupted=lambda: next(asked, False),
    )
  train(config, tmp_path / 'stopped', plots=False)
  resumed = arrays_at(tmp_path / 'stopped', 20)
  assert resumed.keys() == states[2].keys()
  for path, leaf in states[2].items():
    assert resumed[path].tobytes() == leaf.tobytes(), path
