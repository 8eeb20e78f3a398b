"""Every method there is, built alike and run once, for the contract test.

A method passes by being there: the files of `jaxsparse.updaters` are found,
and two methods of a user's own stand beside them, one handed over as an
object, one as the dotted path of a module outside the tree.
"""

import functools

import pytest
from own_methods import own_object

from jaxsparse.core import registry
from jaxsparse.testing.case import Case
from jaxsparse.updaters.force import force
from jaxsparse.updaters.gmp import gmp
from jaxsparse.updaters.growth.averaged import averaged
from jaxsparse.updaters.growth.inverted import inverted
from jaxsparse.updaters.iterative_snip import iterative_snip
from jaxsparse.updaters.rigl_sg import rigl_sg
from jaxsparse.updaters.synflow import synflow


def combined(counts, *, drop_fraction=0.3, start_step, stop_step):
  """Combinators on top of each other."""
  times = {'start_step': start_step, 'stop_step': stop_step}
  updater = rigl_sg(counts, drop_fraction=drop_fraction, **times)
  return inverted(averaged(updater, 2, update_interval=2))


# Methods under an option by which they promise something else, or of a user's;
# and in few rounds those that take many.
OPTIONS = {
  'force': functools.partial(force, rounds=3),
  'iterative_snip': functools.partial(iterative_snip, rounds=3),
  'synflow': functools.partial(synflow, rounds=3),
  'own object': own_object,
  'gmp of all layers': functools.partial(gmp, global_ranking=True),
  'rigl_sg combined': combined,
}
# They take the weights that score highest, as `snip`, `synflow` and `force` do,
# by scores that are tried in files of their own.
ALIKE = ('iterative_snip', 'magnitude_at_init', 'obd')
NAMES = dict.fromkeys(
  (*registry.names('jaxsparse.updaters'), *OPTIONS, 'own_methods.own_total')
)


# Not of the session: pytest would take the files in turns for each method, and
# `programs` would forget between them what the methods share.
@pytest.fixture(
  scope='module',
  params=[
    pytest.param(name, marks=[pytest.mark.slow] if name in ALIKE else [])
    for name in NAMES
  ],
)
def case(request):
  """Each method in turn."""
  return Case(OPTIONS.get(request.param, request.param))
