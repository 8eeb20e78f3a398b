"""Output of a search: `trials.csv`, and one figure of all trials."""

import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxsparse.config.text import lines_of_csv
from jaxsparse.plotting import figures
from jaxsparse.results import metrics
from jaxsparse.results.names import field_name
from jaxsparse.runs import workdir
from jaxsparse.runs.summary import mean_and_deviation
from jaxsparse.studies.search import Trial, best, fewer_is_better
from jaxsparse.studies.search_space import Dimension

_COLUMNS = 3
_PANEL = (3.6, 3.0)


def write(
  trials: Sequence[Trial],
  space: Mapping[str, Dimension],
  folder: pathlib.Path,
) -> list[pathlib.Path]:
  """Writes `trials.csv`, `search.png` and `search.svg`; returns their paths.

  Args:
    trials: of one search, at least one of them with a value.
    space: the dimensions that they were drawn from.
    folder: created if needed.
  """
  folder.mkdir(parents=True, exist_ok=True)
  table = folder / 'trials.csv'
  workdir.write_atomic(table, csv(trials, list(space)))
  return [table, *figures.save_both(draw(trials, space), folder / 'search')]


def csv(trials: Sequence[Trial], fields: Sequence[str]) -> str:
  """Returns one line a trial: its values of `fields` and of its metric."""
  ends = (f'{trials[0].metric}_{what}' for what in ('mean', 'std'))
  return lines_of_csv(
    ['trial', *fields, *ends, 'seeds', 'best', 'error'],
    (
      [
        trial.number + 1,
        *(trial.point[field] for field in fields),
        '' if trial.value is None else trial.value,
        mean_and_deviation(trial.values)[1],
        len(trial.values),
        int(trial is best(trials)),
        trial.error,
      ]
      for trial in trials
    ),
  )


def draw(trials: Sequence[Trial], space: Mapping[str, Dimension]) -> Figure:
  """Draws the best value so far, then the trials along each field.

  Later trials are darker.
  """
  count = 1 + len(space)
  columns, rows = min(count, _COLUMNS), math.ceil(count / _COLUMNS)
  figure = Figure(
    figsize=(_PANEL[0] * columns, _PANEL[1] * rows), layout='constrained'
  )
  first, *slices = figure.subplots(
    rows, columns, squeeze=False, sharey=True
  ).ravel()
  for ax in (first, *slices):
    figures.plain(ax)
  _history(first, trials)
  for ax, (field, dimension) in zip(slices, space.items(), strict=False):
    _slice(ax, trials, field, dimension)
  for ax in slices[len(space) :]:
    ax.set_visible(False)
  for row in range(rows):
    ylabel = metrics.metric(trials[0].metric).heading
    (first, *slices)[row * columns].set_ylabel(ylabel)
  return figure


def _history(ax: Axes, trials: Sequence[Trial]) -> None:
  good = [(t.number + 1, t.value) for t in trials if t.value is not None]
  lost = [t.number + 1 for t in trials if t.value is None]
  numbers, values = zip(*good, strict=True)
  fewer = fewer_is_better(trials[0].metric)
  better, worse = (min, max) if fewer else (max, min)
  so_far = [better(values[: i + 1]) for i in range(len(values))]
  ax.step(
    [*numbers, len(trials)],
    [*so_far, so_far[-1]],
    where='post',
    color=figures.COLOURS[1],
    label='best so far',
  )
  ax.plot(numbers, values, 'o', color=figures.COLOURS[0], markersize=4)
  if lost:
    ax.plot(
      lost,
      [worse(values)] * len(lost),
      'x',
      color='0.4',
      label='failed',
    )
  ax.set_xlabel('trial')
  ax.legend(frameon=False, fontsize=8)


def _slice(
  ax: Axes, trials: Sequence[Trial], field: str, dimension: Dimension
) -> None:
  good = [t for t in trials if t.value is not None]
  x = [_place(t.point[field], dimension) for t in good]
  top = best(trials)
  ax.scatter(
    x,
    [t.value or 0.0 for t in good],
    c=[t.number for t in good],
    cmap='viridis_r',
    s=18,
  )
  ax.plot(
    _place(top.point[field], dimension),
    top.value or 0.0,
    'o',
    markersize=10,
    markerfacecolor='none',
    color=figures.COLOURS[1],
  )
  if dimension.log:
    ax.set_xscale('log')
  if dimension.kind == 'choice':
    labels = [str(choice) for choice in dimension.choices]
    ax.set_xticks(range(len(labels)), labels)
  ax.set_xlabel(field_name(field))


def _place(value: Any, dimension: Dimension) -> float:
  if dimension.kind == 'choice':
    return dimension.choices.index(value)
  return value
