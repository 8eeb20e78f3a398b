"""Hyperparameter search: Optuna suggests configs, a study's members try them.

A trial is a config with the suggested values; its members differ in their
seeds, and its value is the mean of their accuracies on the validation split;
of text, the mean of their bits a character there.
Only the members are stored. A sampler with a seed repeats its suggestions if
it gets the same values, and finished members are not trained again, so a
search that was killed resumes where it stopped.
"""

import logging
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from jaxsparse.data import describe
from jaxsparse.results import metrics
from jaxsparse.results.rows import MemberResult
from jaxsparse.runs import summary
from jaxsparse.runs.share import TrainingFailed
from jaxsparse.studies.search_space import Dimension, command_line

ACCURACY, BITS = 'validation_accuracy', 'validation_bits'

Point = dict[str, Any]

_log = logging.getLogger(__name__)


class Trial(NamedTuple):
  """Result of one suggestion.

  Attributes:
    number: from 0.
    point: dotted field -> value.
    members: of all seeds; none where the config was refused.
    error: why it has no value, or ''.
    metric: it is judged by: `ACCURACY`, or `BITS`, of which fewer are better.
  """

  number: int
  point: Point
  members: tuple[MemberResult, ...]
  error: str = ''
  metric: str = ACCURACY

  @property
  def values(self) -> list[float]:
    """Metric of each member that has it, in displayed units."""
    return metrics.values(self.members, self.metric)

  @property
  def value(self) -> float | None:
    """Mean of `values`; `None` unless every seed has one."""
    return None if self.error else statistics.fmean(self.values)


def judge(config: Any, swept: Collection[str]) -> str:
  """Returns the metric by which trials of a config are judged.

  Args:
    config: the base of all trials.
    swept: the fields of `--sweep`; a trial has all seeds and nothing else.

  Raises:
    ValueError: other fields are swept, or there is no validation split.
  """
  for field in set(swept) - {'seed'}:
    raise ValueError(
      f'--sweep: config.{field}: with --search accepted is config.seed alone'
    )
  if config.data.sequence_length:
    _check_text(config.data)
    return BITS
  if not config.data.validation > 0:
    raise ValueError(
      f'config.data.validation: got {config.data.validation}; a search is'
      ' judged on a validation split, never on test, so accepted is > 0 (0.2'
      ' sets a fifth of the training images aside)'
    )
  return ACCURACY


def fewer_is_better(metric: str) -> bool:
  """Returns whether lower values of `metric` are better."""
  return metric == BITS


def _check_text(data: Any) -> None:
  try:
    facts = describe(
      data.name,
      data_dir=data.dir or None,
      validation=data.validation,
      sequence_length=data.sequence_length,
    )
  except ValueError as error:
    raise ValueError(f'config.data: {error}') from None
  if not facts.validation:
    raise ValueError(
      f'config.data.name: got {data.name!r}, which has one split beside that of'
      ' training; a search is judged on validation, never on test, so accepted'
      ' is a text with both'
    )


def search(
  space: Mapping[str, Dimension],
  run: Callable[[int, Point], Sequence[MemberResult]],
  *,
  trials: int,
  seed: int,
  metric: str = ACCURACY,
) -> list[Trial]:
  """Runs trials one after another and returns them.

  Args:
    space: what is drawn, by dotted field.
    run: `(number, point) -> members`; a `ValueError` refuses the point.
    trials: how many, >= 1. A search with more begins with those of one with
      fewer.
    seed: of the sampler.
    metric: from `judge`.

  Returns:
    All trials, in order. One with a failed member has no value; it is reported
    to the sampler, and the search goes on.

  Raises:
    ValueError: Optuna is not installed, or every point was refused.
    TrainingFailed: no trial has a value.
  """
  if trials < 1:
    raise ValueError(f'--trials: got {trials}; accepted is >= 1')
  optuna = _optuna()
  sampler = optuna.samplers.TPESampler(seed=seed)
  direction = 'minimize' if fewer_is_better(metric) else 'maximize'
  study = optuna.create_study(direction=direction, sampler=sampler)
  results = []
  for number in range(trials):
    suggestion = study.ask()
    point = {field: d.suggest(suggestion, field) for field, d in space.items()}
    trial = _trial(number, point, run, metric)
    if trial.error:
      # Not as failed, since the sampler ignores failed trials.
      study.tell(suggestion, state=optuna.trial.TrialState.PRUNED)
    else:
      study.tell(suggestion, trial.value)
    _log.info('trial %d of %d: %s', number + 1, trials, said(trial))
    results.append(trial)
  _check_any(results)
  return results


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
  metric: str,
) -> Trial:
  try:
    members = tuple(run(number, point))
  except ValueError as error:
    return Trial(number, point, (), str(error), metric)
  trial = Trial(number, point, members, metric=metric)
  errors = [member.error for member in members if member.error]
  if not errors and len(trial.values) < len(members):
    roots = [str(m.root) for m in members if metrics.value(m, metric) is None]
    errors = [f'{roots[0]} has no {metric}']
  return trial._replace(error=errors[0]) if errors else trial


def _check_any(trials: Sequence[Trial]) -> None:
  if all(trial.error for trial in trials):
    first = trials[0]
    message = f'no trial has a value; the first: {first.error}'
    if not any(trial.members for trial in trials):
      raise ValueError(message)
    raise TrainingFailed(message)


def best(trials: Sequence[Trial]) -> Trial:
  """Returns the trial with the best value, the earliest of equals."""
  good = [(t, t.value) for t in trials if t.value is not None]
  choose = min if fewer_is_better(trials[0].metric) else max
  value = choose(value for _, value in good)
  return next(trial for trial, score in good if score == value)


def said(trial: Trial) -> str:
  """Formats a trial in one line: its point, and its value or error."""
  text = ', '.join(f'{f} {_short(v)}' for f, v in trial.point.items())
  return f'{text}: {trial.error or _spread(trial, trial.metric)}'


def _spread(trial: Trial, name: str) -> str:
  """Returns 'validation accuracy 93.06 ± 1.20 %'.

  One value has no deviation.
  """
  metric = metrics.metric(name)
  spread = summary.spread(metrics.values(trial.members, name))
  text = summary.mean_and_std(spread['mean'], spread['std'], metric.text)
  return f'{metric.label} {text} {metric.unit}'


def _short(value: Any) -> str:
  return f'{value:.4g}' if isinstance(value, float) else str(value)


def verdict(trials: Sequence[Trial]) -> str:
  """Describes the best trial, with its values on validation and on test.

  A search uses test values only here, once the trial is chosen.
  """
  winner = best(trials)
  failed = sum(bool(trial.error) for trial in trials)
  judged, seeds = _spread(winner, winner.metric), len(winner.values)
  test = winner.metric.replace('validation', 'test')
  return '\n'.join(
    [
      f'best of {len(trials)} trials'
      + (f' ({failed} failed)' if failed else '')
      + f': trial {winner.number + 1}',
      *(f'  {field} = {value!r}' for field, value in winner.point.items()),
      f'  {judged} ({seeds} seeds), chosen by',
      f'  {_spread(winner, test)}',
      f'  {command_line(winner.point)}',
    ]
  )
