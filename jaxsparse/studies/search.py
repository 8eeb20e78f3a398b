"""Hyperparameter search: Optuna suggests configs, a study's members try them.

A trial is a config with the suggested values; its members differ in their
seeds, and its value is the mean of their accuracies on the validation split;
of text, the mean of their bits a character there.

Trials that have ended are in a journal of Optuna in the workdir, so that a
search that was stopped resumes, and more trials extend it. The suggestions of
a trial depend on the seed of the search, on its number and on the trials before
it, and not on how often the search was stopped.
"""

import logging
import pathlib
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxsparse import storage
from jaxsparse.config import identity
from jaxsparse.config.resolve import resolve
from jaxsparse.errors import TrainingFailed
from jaxsparse.locks import lock
from jaxsparse.results import metrics
from jaxsparse.results import statistics as statistics_lib
from jaxsparse.results.rows import MemberResult
from jaxsparse.studies.planning.plan import NothingToRun
from jaxsparse.studies.search_space import (
  ACCURACY,
  BITS,
  Dimension,
  command_line,
  optuna,
)

JOURNAL = 'search.journal'

Point = dict[str, Any]
# `(number, point) -> members` of a trial.
Train = Callable[[int, Point], Sequence[MemberResult]]

_log = logging.getLogger(__name__)


def search(
  space: Mapping[str, Dimension],
  train: Train,
  root: pathlib.Path,
  *,
  config: Any,
  seeds: Sequence[int],
  trials: int,
  metric: str = ACCURACY,
) -> Any:
  """Runs trials one after another, and returns them.

  Args:
    space: what is drawn, by dotted field.
    train: trains the members of a trial; `NothingToRun` refuses the point.
    root: the workdir, which is locked; holds the journal.
    config: the base of all trials, a `ConfigDict`; its seed is the sampler's.
    seeds: of the members of each trial.
    trials: how many, >= 1, those that have ended before included.
    metric: from `search_space.judge`.

  Returns:
    An Optuna study of all trials, in order; `trial.params` has the values of
    fields, of choices as text, `trial.user_attrs` what `_trained` returns. A
    trial with a failed member has no value; the sampler knows of it, and the
    search goes on.

  Raises:
    ValueError: `root` holds another search, its journal cannot be read, or
      every point was refused.
    WorkdirBusy: another process runs in `root`.
    TrainingFailed: no trial has a value.
  """
  if trials < 1:
    raise ValueError(f'--trials: got {trials}; accepted is >= 1')
  if storage.is_remote(root):
    raise ValueError(
      f'{root} is in a bucket, and the journal of a search is appended to;'
      ' accepted is a workdir on a local disk (its runs may be in a bucket:'
      ' --runs_dir)'
    )
  request = {
    'config': identity.jsonable(resolve(config)),
    'seeds': list(seeds),
    'search': {field: repr(d.distribution) for field, d in space.items()},
  }
  with lock(root):
    journal = _journal(root / JOURNAL, request)
    direction = 'minimize' if metric == BITS else 'maximize'
    study = optuna().create_study(direction=direction)
    study.set_user_attr('metric', metric)
    # In memory until it has ended, a trial that is stopped is suggested again.
    study.add_trials(journal.trials[:trials])
    for number in range(len(study.trials), trials):
      _take(study, space, train, number, config.seed)
      trial = study.trials[-1]
      journal.add_trial(trial)
      _log.info('trial %d of %d: %s', number + 1, trials, _line(trial, metric))
  outcomes = [trial.user_attrs for trial in study.trials]
  if all(outcome['error'] for outcome in outcomes):
    trained = any(outcome['members'] for outcome in outcomes)
    raise (TrainingFailed if trained else ValueError)(
      f'no trial has a value; the first: {outcomes[0]["error"]}'
    )
  return study


def _journal(path: pathlib.Path, request: dict[str, Any]) -> Any:
  """Opens the journal of the search of `request`, as an Optuna study."""
  storages = optuna().storages
  try:
    study = optuna().create_study(
      storage=storages.JournalStorage(
        storages.journal.JournalFileBackend(str(path))
      ),
      study_name='search',
      load_if_exists=True,
    )
  except (ValueError, KeyError) as error:
    raise ValueError(f'{path} cannot be read: {error}') from None
  stored = study.user_attrs.get('request', request)
  differences = identity.differences(stored['config'], request['config']) + [
    f'{flag}: {stored[flag]} -> {request[flag]}'
    for flag in ('seeds', 'search')
    if stored[flag] != request[flag]
  ]
  if differences:
    raise ValueError(
      f'{path.parent} holds another search ({"; ".join(differences)}); choose'
      ' another --workdir'
    )
  study.set_user_attr('request', request)
  return study


def _take(
  study: Any,
  space: Mapping[str, Dimension],
  train: Train,
  number: int,
  seed: int,
) -> None:
  """Adds a trial to `study`."""
  (word,) = np.random.SeedSequence((seed, number)).generate_state(1)
  study.sampler = optuna().samplers.TPESampler(seed=int(word))
  trial = study.ask({f: d.distribution for f, d in space.items()})
  outcome = _trained(train, number, point(trial, space), study)
  for name, value in outcome.items():
    trial.set_user_attr(name, value)
  if outcome['error']:
    # Not as failed, since the sampler ignores failed trials.
    study.tell(trial, state=optuna().trial.TrialState.PRUNED)
  else:
    study.tell(trial, statistics.fmean(outcome['values']))


def _trained(
  train: Train, number: int, point: Point, study: Any
) -> dict[str, Any]:
  """Trains a trial: its members, values on validation and test, and error."""
  metric = study.user_attrs['metric']
  try:
    members = train(number, point)
  except NothingToRun as error:
    return {'members': 0, 'values': [], 'test': [], 'error': str(error)}
  errors = [member.error for member in members if member.error] or [
    f'{member.root} has no {metric}'
    for member in members
    if metrics.value(member, metric) is None
  ]
  return {
    'members': len(members),
    'values': metrics.values(members, metric),
    'test': metrics.values(members, metric.replace('validation', 'test')),
    'error': errors[0] if errors else '',
  }


def point(trial: Any, space: Mapping[str, Dimension]) -> Point:
  """Returns the values of a trial: dotted field -> value."""
  return {f: d.value(trial.params[f]) for f, d in space.items()}


def _line(trial: Any, metric: str) -> str:
  """Formats a trial in one line: its point, and its value or error."""
  text = ', '.join(
    f'{f} {v:.4g}' if isinstance(v, float) else f'{f} {v}'
    for f, v in trial.params.items()
  )
  outcome = trial.user_attrs
  return f'{text}: {outcome["error"] or _spread(metric, outcome["values"])}'


def _spread(name: str, values: Sequence[float]) -> str:
  """Returns 'validation accuracy 93.06 ± 1.20 %'.

  One value has no deviation.
  """
  metric = metrics.metric(name)
  spread = statistics_lib.spread(values)
  text = statistics_lib.mean_and_std(spread['mean'], spread['std'], metric.text)
  return f'{metric.label} {text} {metric.unit}'


def verdict(study: Any, space: Mapping[str, Dimension]) -> str:
  """Describes the best trial, the earliest of equals, on validation and test.

  A search uses test values only here, once the trial is chosen.
  """
  best, metric = study.best_trial, study.user_attrs['metric']
  values, chosen = best.user_attrs['values'], point(best, space)
  failed = sum(bool(trial.user_attrs['error']) for trial in study.trials)
  test = metric.replace('validation', 'test')
  return '\n'.join(
    [
      f'best of {len(study.trials)} trials'
      + (f' ({failed} failed)' if failed else '')
      + f': trial {best.number + 1}',
      *(f'  {field} = {value!r}' for field, value in chosen.items()),
      f'  {_spread(metric, values)} ({len(values)} seeds), chosen by',
      f'  {_spread(test, best.user_attrs["test"])}',
      f'  {command_line(chosen)}',
    ]
  )
