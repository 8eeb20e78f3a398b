"""Lotteries of a tiny net on digits."""

import pytest

from jaxsparse.studies.lottery import Rounds, lottery

# 1,184 weights; a level takes 16 or 20 steps.
TINY = {
  'model.features': (16,),
  'num_steps': 20,
  'batch_size': 16,
  'optimizer.name': 'adam',
  'optimizer.learning_rate': 3e-3,
  'optimizer.schedule': 'constant',
  'log_interval': 20,
  'checkpoint.interval': 20,
  'checkpoint.keep': 1,
  'eval.interval': 20,
  'eval.batch_size': 355,
  'gradient_flow.interval': 0,
}


def tiny(arms=(), overrides=None, *, seeds=1, claims=(), more=None, **rounds):
  """A tiny lottery: `tiny(['reinit'], levels=2, rewind=4)`."""
  rounds = Rounds(**{'levels': 2} | rounds)
  return lottery(
    'digits/mlp:dense',
    TINY | (overrides or {}),
    rounds=rounds,
    arms=arms,
    more=more,
    seeds=seeds,
    claims=claims,
  )


@pytest.fixture(name='tiny', scope='session')
def _tiny():
  return tiny
