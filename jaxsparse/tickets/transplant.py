"""The masks of a ticket, moved onto another initialisation."""

import jax

from jaxsparse.analysis import permutations
from jaxsparse.analysis.solutions import masked_params
from jaxsparse.core import choices, prng
from jaxsparse.core.types import Masks
from jaxsparse.runs import finished, reading, units
from jaxsparse.runs.finished import Finished, StrPath
from jaxsparse.training.checkpoints import load_params, save_params


def transplant(
  ticket: StrPath,
  dense: StrPath,
  target: StrPath,
  out: StrPath,
  *,
  how: str = 'aligned',
  seed: int = 0,
) -> Masks:
  """Writes the masks of a ticket for the initialisation of another run.

  See `analysis.permutations.transplant`. The data may be absent.

  Args:
    ticket: a run, or what `save_params` wrote, with the masks.
    dense: the finished dense run from the ticket's initialisation.
    target: that from the other initialisation, with another seed or on other
      data.
    out: the directory that is written, for `init.masks`; with the first weights
      of `target`, so that `init.checkpoint` takes it too.
    how: `aligned`, or the controls `naive` and `random`.
    seed: of the random permutation, and of the order of matching.

  Returns:
    The masks.

  Raises:
    ValueError: there are no masks, a run is not finished, runs are of different
      models, or the model's units cannot be followed.
  """
  choices.check(f'how is {how!r}', how, permutations.HOW)
  _, masks = load_params(ticket)
  if masks is None:
    raise ValueError(f'{ticket} holds no masks; accepted is a sparse run')
  first, second = (
    finished.load(run, reading.describe) for run in (dense, target)
  )
  _check_model(first, second)
  net, other = (finished.solution(run) for run in (first, second))
  try:
    moved = permutations.transplant(
      masks,
      masked_params(net),
      masked_params(other),
      units.unit_groups(first.experiment),
      how=how,
      key=prng.stream(jax.random.key(seed), 'transplant'),
    )
  except ValueError as error:
    raise ValueError(f'{ticket} onto {target}: {error}') from None
  start = finished.solution(second, second.first_step)
  save_params(out, start.params, moved)
  return moved


def _check_model(first: Finished, second: Finished) -> None:
  """Raises `ValueError` unless two runs are of one model."""
  models = [run.experiment.config.model for run in (first, second)]
  if models[0] != models[1]:
    words = [f'{m.name} {dict(m.hyperparameters)}' for m in models]
    raise ValueError(
      f'{first.root} is of the model {words[0]}, {second.root} of {words[1]};'
      ' accepted are runs of one model'
    )
