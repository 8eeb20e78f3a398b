"""Which runs can be trained together, and how they are executed."""

import logging
from collections.abc import Hashable

import jax

from jaxsparse.core import choices
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import dispatch

PARALLEL = ('auto', 'one_by_one', 'vmap')

_log = logging.getLogger(__name__)


def family(experiment: Experiment) -> Hashable:
  """Returns a key that is equal for runs of equal programs, plan and data.

  What may differ is traced (seed, learning rate, weight decay, the floats of
  the method, sparsity) or comes before the first step (the initialisation).
  """
  config = experiment.config
  return (
    experiment.recipe,
    config.model,
    config.data,
    config.eval,
    config.gradient_flow.probe_size,
    config.batch_size,
    experiment.plan,
    jax.tree.structure(experiment.counts),
  )


def usual() -> str:
  """Returns the meaning of 'auto': 'vmap' on GPU and TPU, 'one_by_one' on CPU.

  On CPU vmap is no quicker for nets of matrix products, and several times
  slower for nets with convolutions.
  """
  return 'one_by_one' if jax.default_backend() == 'cpu' else 'vmap'


def choose(experiment: Experiment, parallel: str) -> str:
  """Chooses how runs of one family are executed.

  Logs a warning where vmap was requested and will be slow.

  Args:
    experiment: one of the runs.
    parallel: 'auto' (see `usual`), 'one_by_one' or 'vmap'.

  Returns:
    'one_by_one' or 'vmap'.

  Raises:
    ValueError: `parallel` is none of these, or is 'vmap' for streamed data.
  """
  choices.check(f'parallel: got {parallel!r}', parallel, PARALLEL)
  if experiment.streamed:
    if parallel == 'vmap':
      raise ValueError(
        'parallel: got vmap, but the data are streamed, to each run by itself;'
        ' accepted is one_by_one'
      )
    return 'one_by_one'
  if parallel == 'auto':
    return usual()
  slow = parallel == 'vmap' and usual() == 'one_by_one'
  if slow and dispatch(experiment) == 'step':
    _log.warning(
      'vmap of a net with convolutions on CPU: expect it to be several times'
      ' slower than one_by_one'
    )
  return parallel
