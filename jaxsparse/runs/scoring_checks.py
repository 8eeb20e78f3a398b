"""Checks of what methods score before the first step: examples and scores."""

import logging
import math

from jaxsparse.config.run_config import RunConfig, ScoringConfig
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths
from jaxsparse.core.types import Counts, MaskUpdater, Params
from jaxsparse.errors import TrainingFailed
from jaxsparse.training.state import TrainState

_log = logging.getLogger(__name__)
# Criteria that read no gradient: it is not computed for them.
_WITHOUT_GRADIENT = ('magnitude', 'random')


def cuts_by_gradient(config: RunConfig) -> bool:
  """Returns whether the initial masks are cut by a gradient of the loss."""
  pruning = config.pruning
  return pruning.level > 0 and pruning.criterion not in _WITHOUT_GRADIENT


def check_scoring(
  config: RunConfig, num_classes: int, examples: int, *, is_text: bool
) -> None:
  """Raises `ValueError` for batches of `scoring` that cannot be drawn."""
  scoring = config.scoring
  size = scored_at_once(config, num_classes)
  if scoring.per_class and scoring.batch_size:
    raise ValueError(
      f'config.scoring.batch_size: got {scoring.batch_size}; accepted with'
      ' per_class is 0'
    )
  if size > examples:
    field = 'per_class' if scoring.per_class else 'batch_size'
    raise ValueError(
      f'config.scoring.{field}: got batches of {size}; the training split has'
      f' {examples} examples'
    )
  if is_text and (scoring.per_class or scoring.by_class or scoring.corrupt):
    raise ValueError(
      'config.scoring: per_class, by_class and corrupt are for images with a'
      ' label; accepted of a text are their defaults'
    )


def check_scores(
  config: RunConfig, updater: MaskUpdater, state: TrainState
) -> None:
  """Raises `TrainingFailed` if the masks of step 0 come from NaN or infinity.

  A method that scores at initialisation has no active weight then.
  """
  if not updater.facts.scores_at_init or not config.updater.sparsity:
    return
  if not any(masks_lib.active_by_path(state.mask_state.masks).values()):
    raise TrainingFailed(
      f'{config.updater.name}: scores of the initial weights are not finite'
    )


def scored_at_once(config: RunConfig, num_classes: int) -> int:
  """Returns the number of examples of a batch of the section `scoring`.

  Raises:
    ValueError: its `parts` do not divide it.
  """
  scoring = config.scoring
  size = scoring.batch_size or config.batch_size
  if scoring.per_class:
    size = scoring.per_class * num_classes
  if size % scoring.parts:
    raise ValueError(
      f'config.scoring.parts: got {scoring.parts}; accepted is a divisor of'
      f' {size}, the examples of a batch'
    )
  return size


def warn(
  config: RunConfig, updater: MaskUpdater, params: Params, counts: Counts
) -> None:
  """Logs settings of a method that do not do what they seem to.

  The section `scoring` is for methods that score at initialisation, and for
  masks that are cut by gradients. Methods that rank all layers together leave
  out dense ones, and a distribution such as ERK makes small layers dense where
  the net is not very sparse.
  """
  section, facts = config.updater, updater.facts
  scores = facts.scores_at_init or cuts_by_gradient(config)
  if config.scoring != ScoringConfig() and not scores:
    _log.warning(
      'config.scoring: %s does not declare that it scores at initialisation',
      section.name,
    )
  together = facts.scores_at_init and facts.invariant == 'total'
  if not together or section.layers or section.dense_first:
    return
  active = paths.flatten(counts)
  dense = [
    path
    for path, leaf in paths.flatten(params).items()
    if active.get(path) == math.prod(leaf.shape)
  ]
  if dense:
    _log.warning(
      '%s ranks all layers together, but for those that the distribution %s'
      ' leaves dense: %s; with uniform there are none',
      *(section.name, section.distribution, ', '.join(dense)),
    )
