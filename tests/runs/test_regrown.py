"""The moments of regrown weights as an option of a run."""

import numpy as np
import pytest

from jaxsparse.config import identity
from jaxsparse.config.resolve import resolve
from jaxsparse.errors import Interrupted
from jaxsparse.runs.train import train
from tests.stored_steps import arrays_at


def arrays(workdir):
  """Those of a run after 30 steps, by path."""
  return arrays_at(workdir, 30)


@pytest.mark.slow
def test_a_run_by_age_is_resumed_as_any_other(make_config, tmp_path):
  fields = {'optimizer': 'adam', 'optimizer__regrown': 'age'}
  asked = iter([False] * 6 + [True])
  config = make_config(seed=4, **fields)
  with pytest.raises(Interrupted):
    train(
      config, tmp_path / 'cut', interrupted=lambda: next(asked), plots=False
    )
  train(config, tmp_path / 'cut', plots=False)
  train(config, tmp_path / 'whole', plots=False)
  ours, theirs = arrays(tmp_path / 'cut'), arrays(tmp_path / 'whole')
  assert ours.keys() == theirs.keys()
  for path, array in ours.items():
    np.testing.assert_array_equal(array, theirs[path], err_msg=path)
  (kernel,) = (v for k, v in ours.items() if 'ages/' in k and 'Dense_0/k' in k)
  (bias,) = (v for k, v in ours.items() if 'ages/' in k and 'Dense_0/b' in k)
  # RigL moves nothing on the mask steps 0, 5, 10, 15 and 20.
  assert np.all(bias == 25)
  assert set(np.unique(kernel)) == {9, 13, 17, 21, 25}


@pytest.mark.slow
def test_a_run_by_seed_starts_second_moments(make_config, tmp_path):
  for regrown in ('seed', 'zero'):
    config = make_config(optimizer='adam', optimizer__regrown=regrown)
    train(config, tmp_path / regrown, plots=False)
  seed, zero = (arrays(tmp_path / r) for r in ('seed', 'zero'))
  (nu,) = (k for k in zero if 'nu/' in k and 'Dense_0/kernel' in k)
  assert not np.array_equal(seed[nu], zero[nu])


def test_the_default_makes_no_other_run_and_a_remedy_one(make_config):
  usual = resolve(make_config(optimizer='adam'))
  old = identity.jsonable(usual)
  del old['optimizer']['regrown']
  assert identity.digest(old) == identity.digest(usual)
  age = resolve(make_config(optimizer='adam', optimizer__regrown='age'))
  assert identity.digest(age) != identity.digest(usual)


def test_another_name_is_refused_before_anything_compiles(make_config):
  config = make_config(optimizer='adam', optimizer__regrown='ages')
  with pytest.raises(
    ValueError,
    match=r"config\.optimizer\.regrown: got 'ages'; accepted is age, seed",
  ):
    resolve(config)
