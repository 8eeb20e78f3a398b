"""Hyperparameter search: Optuna suggests, members of a study answer.

A trial is a config with the suggested values; its members differ in their
seeds, and its value is the mean of their accuracies on the validation split.
Nothing is stored but the members: a sampler with a seed suggests the same
again when it is told the same, and members that are finished are not trained
again, so that a search that was killed goes on where it was.
"""

import logging
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from jaxsparse.experiments import summary
from jaxsparse.experiments.search_space import Dimension, command_line
from jaxsparse.experiments.share import TrainingFailed
from jaxsparse.experiments.studies import metrics
from jaxsparse.experiments.studies.results import MemberResult

METRIC = 'validation_accuracy'

Point = dict[str, Any]

_log = logging.getLogger(__name__)


class Trial(NamedTuple):
  """What came of one suggestion.

  Attributes:
    number: from 0.
    point: dotted field -> value.
    members: of all seeds; none where the config was refused.
    error: why it has no value, or ''.
  """

  number: int
  point: Point
  members: tuple[MemberResult, ...]
  error: str = ''

  @property
  def values(self) -> list[float]:
    """The validation accuracies, in per cent."""
    return metrics.values(self.members, METRIC)

  @property
  def value(self) -> float | None:
    """Their mean; `None` unless every seed has one."""
    return None if self.error else statistics.fmean(self.values)


def check(config: Any, swept: Collection[str]) -> None:
  """Raises `ValueError` if a config has nothing to judge a trial by.

  Args:
    config: the base of all trials.
    swept: the fields of `--sweep`; a trial has all seeds and nothing else.
  """
  for field in set(swept) - {'seed'}:
    raise ValueError(
      f'--sweep: config.{field}: with --search accepted is config.seed alone'
    )
  if not config.data.validation > 0:
    raise ValueError(
      f'config.data.validation: got {config.data.validation}; a search is'
      ' judged on a validation split, never on test, so accepted is > 0 (0.2'
      ' sets a fifth of the training images aside)'
    )


def search(
  space: Mapping[str, Dimension],
  run: Callable[[int, Point], Sequence[MemberResult]],
  *,
  trials: int,
  seed: int,
) -> list[Trial]:
  """Makes trials, one after another.

  Args:
    space: what is drawn, by dotted field.
    run: `(number, point) -> members`; a `ValueError` refuses the point.
    trials: how many, >= 1. A search with more begins with those of one with
      fewer.
    seed: of the sampler.

  Returns:
    All of them, in order. One of which a member failed has no value; the
    sampler is told, and the search goes on.

  Raises:
    ValueError: Optuna is not installed, or every point was refused.
    TrainingFailed: no trial has a value.
  """
  if trials < 1:
    raise ValueError(f'--trials: got {trials}; accepted is >= 1')
  optuna = _optuna()
  sampler = optuna.samplers.TPESampler(seed=seed)
  study = optuna.create_study(direction='maximize', sampler=sampler)
  made = []
  for number in range(trials):
    asked = study.ask()
    point = {field: d.suggest(asked, field) for field, d in space.items()}
    trial = _trial(number, point, run)
    if trial.error:
      # Not as failed: of those the sampler learns nothing.
      study.tell(asked, state=optuna.trial.TrialState.PRUNED)
    else:
      study.tell(asked, trial.value)
    _log.info('trial %d of %d: %s', number + 1, trials, said(trial))
    made.append(trial)
  _check_any(made)
  return made


def _optuna() -> ModuleType:
  try:
    import optuna
  except ImportError:
    raise ValueError(
      "--search needs Optuna, which pip install 'jaxsparse[tune]' brings"
    ) from None
  optuna.logging.set_verbosity(optuna.logging.WARNING)
  return optuna


def _trial(
  number: int,
  point: Point,
  run: Callable[[int, Point], Sequence[MemberResult]],
) -> Trial:
  try:
    members = tuple(run(number, point))
  except ValueError as error:
    return Trial(number, point, (), str(error))
  trial = Trial(number, point, members)
  errors = [member.error for member in members if member.error]
  if not errors and len(trial.values) < len(members):
    roots = [str(m.root) for m in members if metrics.value(m, METRIC) is None]
    errors = [f'{roots[0]} has no {METRIC}']
  return trial._replace(error=errors[0]) if errors else trial


def _check_any(trials: Sequence[Trial]) -> None:
  if all(trial.error for trial in trials):
    first = trials[0]
    message = f'no trial has a value; the first: {first.error}'
    if not any(trial.members for trial in trials):
      raise ValueError(message)
    raise TrainingFailed(message)


def best(trials: Sequence[Trial]) -> Trial:
  """The trial with the highest value, the earliest of equals."""
  return max(
    (t for t in trials if t.value is not None),
    key=lambda t: (t.value, -t.number),
  )


def said(trial: Trial) -> str:
  """A trial in one line."""
  text = ', '.join(f'{f} {_short(v)}' for f, v in trial.point.items())
  return f'{text}: {trial.error or spread(trial.values) + " on validation"}'


def spread(values: Sequence[float]) -> str:
  """'93.06 ± 1.20 %', without the deviation where there is one value."""
  found = summary.spread(values)
  return summary.mean_and_std(found['mean'], found['std']) + ' %'


def _short(value: Any) -> str:
  return f'{value:.4g}' if isinstance(value, float) else str(value)


def verdict(trials: Sequence[Trial]) -> str:
  """The best trial: its values, and its accuracies, that on test once."""
  found = best(trials)
  failed = sum(bool(trial.error) for trial in trials)
  test = spread(metrics.values(found.members, 'test_accuracy'))
  return '\n'.join(
    [
      f'best of {len(trials)} trials'
      + (f' ({failed} failed)' if failed else '')
      + f': trial {found.number + 1}',
      *(f'  {field} = {value!r}' for field, value in found.point.items()),
      f'  validation accuracy {spread(found.values)}'
      f' ({len(found.values)} seeds), chosen by',
      f'  test accuracy {test}',
      f'  {command_line(found.point)}',
    ]
  )
