"""Output of a search: `trials.csv`, and one figure of all trials."""

import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxsparse import storage
from jaxsparse.plotting import figures
from jaxsparse.plotting.styles import COLOURS, DOUBLE, SMALL
from jaxsparse.report import formats
from jaxsparse.results import metrics
from jaxsparse.results.names import field_name
from jaxsparse.results.statistics import mean_and_deviation
from jaxsparse.studies.search_space import Dimension

_COLUMNS = 3
_HEIGHT = 2.0
_CAPTION = (
  'The trials of a search: the best value so far, then the values along each'
  ' field; later trials are darker, and a ring marks the best.'
)


def write(
  study: Any, space: Mapping[str, Dimension], folder: pathlib.Path
) -> list[pathlib.Path]:
  """Writes `trials.csv` and the figure `search`; returns their paths.

  Args:
    study: from `search.search`.
    space: the dimensions that its trials were drawn from.
    folder: created if needed.
  """
  folder.mkdir(parents=True, exist_ok=True)
  table = folder / 'trials.csv'
  storage.write_atomic(table, csv(study, list(space)))
  figure = draw(study, space)
  return [table, *figures.save_all(figure, folder / 'search', _CAPTION)]


def csv(study: Any, fields: Sequence[str]) -> str:
  """Returns one line a trial: its values of `fields` and of its metric."""
  metric = study.user_attrs['metric']
  lines = [
    [
      trial.number + 1,
      *(trial.params[field] for field in fields),
      trial.value,
      mean_and_deviation(trial.user_attrs['values'])[1],
      len(trial.user_attrs['values']),
      int(trial.number == study.best_trial.number),
      trial.user_attrs['error'],
    ]
    for trial in study.trials
  ]
  numbers = (f'{metric}_mean', f'{metric}_std', 'seeds', 'best', 'error')
  names = ['trial', *fields, *numbers]
  return formats.csv(pd.DataFrame(lines, columns=names, dtype=object))


def draw(study: Any, space: Mapping[str, Dimension]) -> Figure:
  """Draws the best value so far, then the trials along each field.

  Later trials are darker.
  """
  count = 1 + len(space)
  columns, rows = min(count, _COLUMNS), math.ceil(count / _COLUMNS)
  figure = Figure(figsize=(DOUBLE, _HEIGHT * rows), layout='constrained')
  first, *slices = axes = figure.subplots(
    rows, columns, squeeze=False, sharey=True
  ).ravel()
  for ax in axes:
    figures.plain(ax)
  _history(first, study)
  for ax, (field, dimension) in zip(slices, space.items(), strict=False):
    _slice(ax, study, field, dimension.distribution)
  for ax in axes[count:]:
    ax.set_visible(False)
  for ax in axes[::columns]:
    ax.set_ylabel(metrics.metric(study.user_attrs['metric']).heading)
  return figure


def _history(ax: Axes, study: Any) -> None:
  trials = study.trials
  good = [(t.number + 1, t.value) for t in trials if t.value is not None]
  failed = [t.number + 1 for t in trials if t.value is None]
  numbers, values = zip(*good, strict=True)
  minimised = study.direction.name == 'MINIMIZE'
  better, worse = (min, max) if minimised else (max, min)
  so_far = [better(values[: i + 1]) for i in range(len(values))]
  ax.step(
    [*numbers, len(trials)],
    [*so_far, so_far[-1]],
    where='post',
    color=COLOURS[1],
    label='best so far',
  )
  ax.plot(numbers, values, 'o', color=COLOURS[0], markersize=3)
  if failed:
    at = [worse(values)] * len(failed)
    ax.plot(failed, at, 'x', color='0.4', label='failed')
  ax.set_xlabel('trial')
  ax.legend(frameon=False, fontsize=SMALL)


def _slice(ax: Axes, study: Any, field: str, distribution: Any) -> None:
  place, best = distribution.to_internal_repr, study.best_trial
  good = [t for t in study.trials if t.value is not None]
  ax.scatter(
    [place(t.params[field]) for t in good],
    [t.value for t in good],
    c=[t.number for t in good],
    cmap='viridis_r',
    s=10,
  )
  ax.plot(
    place(best.params[field]),
    best.value,
    'o',
    markersize=7,
    markerfacecolor='none',
    color=COLOURS[1],
  )
  if getattr(distribution, 'log', False):
    ax.set_xscale('log')
  if choices := getattr(distribution, 'choices', ()):
    ax.set_xticks(range(len(choices)), choices)
  ax.set_xlabel(field_name(field))
