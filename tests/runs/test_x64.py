"""A run under `jax_enable_x64`: checkpoints are those of a run without."""

import jax
import numpy as np
import pytest

from jaxsparse.errors import Interrupted
from jaxsparse.runs.train import train
from tests.stored_steps import arrays_at


@pytest.mark.slow
@pytest.mark.parametrize(
  'x64_first',
  [True, pytest.param(False, marks=pytest.mark.slow)],
)
def test_a_run_may_go_on_with_or_without_it(make_config, tmp_path, x64_first):
  """With SGD it has the same bits, whatever part of it was under x64."""
  config = make_config(
    'rigl',
    init='sparse',
    optimizer__schedule='cosine',
    optimizer__warmup_steps=7,
    data__augment=('crop', 'flip', 'cutout'),
    data__crop_padding=1,
    data__cutout_size=2,
  )
  train(config, tmp_path / 'without', plots=False)
  asked = iter([False] * 6 + [True])
  with jax.enable_x64(x64_first), pytest.raises(Interrupted) as stopped:
    train(
      config, tmp_path / 'both', interrupted=lambda: next(asked), plots=False
    )
  assert 0 < stopped.value.step < config.num_steps
  with jax.enable_x64(not x64_first):
    train(config, tmp_path / 'both', plots=False)
  expected = arrays_at(tmp_path / 'without', config.num_steps)
  found = arrays_at(tmp_path / 'both', config.num_steps)
  assert found.keys() == expected.keys()
  for path, array in expected.items():
    assert found[path].dtype == array.dtype, path
    np.testing.assert_array_equal(found[path], array, err_msg=path)
