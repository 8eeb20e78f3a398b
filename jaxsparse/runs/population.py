"""Runs that are trained together: which can be, and how members execute."""

import contextlib
import logging
import os
from collections.abc import Callable, Hashable, Sequence

import jax

from jaxsparse.core import choices
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import abstract_state, dispatch
from jaxsparse.runs.progress import Report
from jaxsparse.runs.run import Run
from jaxsparse.runs.share import Place, claimed
from jaxsparse.runs.summary import Summary
from jaxsparse.training.locks import WorkdirBusy

CARRIES = ('auto', 'one_by_one', 'vmap')

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


def usual_carry() -> str:
  """Returns the meaning of 'auto': 'vmap' on GPU and TPU, 'one_by_one' on CPU.

  On CPU vmap is no quicker for nets of matrix products, and several times
  slower for nets with convolutions.
  """
  return 'one_by_one' if jax.default_backend() == 'cpu' else 'vmap'


def choose_carry(experiment: Experiment, carry: str) -> str:
  """Chooses how the members of a population of such runs execute.

  Logs a warning where vmap was requested and will be slow.

  Args:
    experiment: one of the runs.
    carry: 'auto' (see `usual_carry`), 'one_by_one' or 'vmap'.

  Returns:
    'one_by_one' or 'vmap'.

  Raises:
    ValueError: `carry` is none of these.
  """
  choices.check(f'carry: got {carry!r}', carry, CARRIES)
  if experiment.streamed:
    return _streamed_carry(carry)
  if carry == 'auto':
    return usual_carry()
  slow = carry == 'vmap' and usual_carry() == 'one_by_one'
  if slow and dispatch(experiment) == 'step':
    _log.warning(
      'vmap of a net with convolutions on CPU: expect it to be several times'
      ' slower than one_by_one'
    )
  return carry


def _streamed_carry(carry: str) -> str:
  if carry == 'vmap':
    raise ValueError(
      'carry: got vmap, but the data are streamed, to each member by itself;'
      ' accepted is one_by_one'
    )
  return 'one_by_one'


def train_together(
  members: Sequence[tuple[Experiment, str | os.PathLike[str]]],
  *,
  interrupted: Callable[[], bool] = lambda: False,
  report: Report | None = None,
) -> list[Summary | Exception]:
  """Trains runs of one `family` by vmap, each in its own workdir.

  They continue from the newest step of which all have a good checkpoint, and
  start over where there is none. A run that fails is saved along with the
  others, at its last good state. The bits of a member depend on the number of
  members; runs that are finished already are not among them.

  Args:
    members: experiments with their workdirs.
    interrupted: called between segments; if true the runs save and stop.
    report: takes `(steps done, newest records)`, in place of the display.

  Returns:
    For each member its summary, or the exception that prevented it:
    `ValueError` (bad input), `WorkdirBusy`, `TrainingFailed`.

  Raises:
    ValueError: they are not of one family.
    Interrupted: stopped by `interrupted`, and saved.
    SaveFailed: a checkpoint could not be written.
  """
  if len({family(experiment) for experiment, _ in members}) > 1:
    raise ValueError('runs that are trained together must be of one family')
  results: dict[int, Summary | Exception] = {}
  places: dict[int, Place] = {}
  with contextlib.ExitStack() as stack:
    for i, (experiment, workdir) in enumerate(members):
      try:
        claim = stack.enter_context(claimed(experiment, workdir))
        if isinstance(claim, Place):
          claim.checkpoints.check()  # The others need not wait for its repair.
      except (ValueError, WorkdirBusy) as error:
        results[i] = error
        continue
      if isinstance(claim, Place):
        places[i] = claim
      else:
        results[i] = claim
    if places:
      abstract = abstract_state(members[min(places)][0])
      run = Run(list(places.values()), abstract, 'vmap')
      trained = run.run(plots=False, report=report, interrupted=interrupted)
      results.update(zip(places, trained, strict=True))
  return [results[i] for i in range(len(members))]
