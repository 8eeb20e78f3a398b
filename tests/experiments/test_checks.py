"""What is said where the functions that a config names refuse it."""

import traceback

import pytest
from flax import linen as nn

from jaxsparse.experiments.build import build


class Wrong(nn.Module):
  """A model of a user's own, with a mistake."""

  @nn.compact
  def __call__(self, x, *, train=False):
    del train
    return nn.Dense(10)(x.reshape(len(x), -1)) + x


def wrong():
  return Wrong()


def test_a_mistake_in_ones_own_model_can_be_found(make_config):
  """The line of it is in the traceback that `--verbosity=1` shows."""
  config = make_config('static', model=wrong)
  with pytest.raises(ValueError, match=r'config\.model \(.*wrong') as error:
    build(config, without_data=True)
  shown = ''.join(traceback.format_exception(error.value))
  assert 'nn.Dense(10)(x.reshape(len(x), -1)) + x' in shown
