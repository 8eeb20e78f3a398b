"""Studies of tiny runs."""

import pytest

from jaxsparse.studies.spec import Run, Study

# 30 steps of a tiny net on digits; masks change at every 5th until 22.
TINY = {
  'model.features': (16,),
  'num_steps': 30,
  'batch_size': 16,
  'log_interval': 10,
  'checkpoint.interval': 10,
  'eval.interval': 15,
  'eval.batch_size': 100,
  'gradient_flow.interval': 15,
  'gradient_flow.probe_size': 50,
}


def tiny(name, method='rigl', overrides=None, **fields):
  """A tiny run: `tiny('a', 'set', {'batch_size': 8}, seeds=2)`."""
  own = {} if method == 'dense' else {'updater.update_interval': 5}
  fields = {'seeds': 1} | fields
  return Run(
    name, f'digits/mlp:{method}', TINY | own | (overrides or {}), **fields
  )


def study(*runs, **fields):
  return Study('A study', runs, **fields)


@pytest.fixture(name='tiny', scope='session')
def _tiny():
  return tiny


@pytest.fixture(name='study', scope='session')
def _study():
  return study
