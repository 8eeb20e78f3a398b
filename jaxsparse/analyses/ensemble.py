"""Accuracy gain of an ensemble of finished runs, and their disagreement."""

import functools
import itertools
import pathlib
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jaxsparse.analyses import _bars
from jaxsparse.analysis import similarity
from jaxsparse.plotting import figures, looks
from jaxsparse.plotting.looks import Drawn
from jaxsparse.results.findings import Finding, Part, Table
from jaxsparse.runs import finished, measures, summary
from jaxsparse.runs.finished import Finished

# The most members of a heat map with numbers, and of an axis with all names.
_MOST_WRITTEN, _MOST_NAMED = 10, 20


def ensemble(
  pools: Sequence[Sequence[pathlib.Path]], *, step: int | None = None
) -> Finding:
  """Evaluates the ensemble of the runs of a pool on the test split.

  In a text each predicted character counts as an example.

  Args:
    pools: one pool of runs; all replicates of each are in the ensemble.
    step: of all of them; their ends by default.

  Returns:
    `ensemble_accuracy` of the mean probabilities and `ensemble_gain` over the
    mean member, both fractions; with two members or more also
    `pairwise_disagreement`, mean and deviation over all pairs of members. With
    three or more each has an interval, by the jackknife. And a table of the
    members: `accuracy` of each, `ensemble` of all, and in `with_1` ... the
    disagreement with each, in their order.

  Raises:
    ValueError: not one pool, runs that are not finished or on other data, or
      a step that is not kept.
  """
  if len(pools) != 1:
    raise ValueError(f'got {len(pools)} pools of runs; accepted is 1 pool')
  runs = finished.load_pool(pools[0])
  logits = [
    measures.logits_on_test(run, finished.solution(run, step)) for run in runs
  ]
  labels = measures.labels_on_test(runs[0])
  between = similarity.pairwise(similarity.disagreement, logits)

  @functools.cache
  def whole(*members: int) -> similarity.Ensemble:
    return similarity.ensemble([logits[i] for i in members], labels)

  def pairs(members: Sequence[int]) -> list[float]:
    return [between[i, j] for i, j in itertools.combinations(members, 2)]

  indices = range(len(runs))
  numbers = {
    'ensemble_accuracy': _number(lambda some: whole(*some).accuracy, indices),
    'ensemble_gain': _number(lambda some: whole(*some).gain, indices),
  }
  if len(runs) > 1:
    mean = _number(lambda some: statistics.fmean(pairs(some)), indices)
    numbers['pairwise_disagreement'] = mean | summary.spread(pairs(indices))
  return Finding(numbers, _table(runs, whole(*indices), between))


def _number(
  statistic: Callable[[Sequence[int]], float], members: Sequence[int]
) -> dict[str, Any]:
  """Returns a statistic of all members, with its jackknife values."""
  number = {'mean': statistic(members), 'std': None}
  if len(members) < 3:
    return number
  return number | {'jackknife': summary.jackknife(statistic, members)}


def _table(
  runs: Sequence[Finished], found: similarity.Ensemble, between: np.ndarray
) -> Table:
  """Returns a row per member; the ensemble's accuracy is in every row."""
  names = [
    f'{run.root.name}, {run.replicate}'
    if len(run.experiment.members) > 1
    else run.root.name
    for run in runs
  ]
  return {
    'member': np.array(names),
    'accuracy': np.array(found.members),
    'ensemble': np.full(len(runs), found.accuracy),
    **{f'with_{i}': column for i, column in enumerate(between.T, 1)},
  }


def draw_ensemble(parts: Sequence[Part]) -> Drawn:
  """Draws accuracies of members and ensembles, and members' disagreement.

  Disagreement is a heat map for one ensemble; for several, all pairs of each.
  """
  paired = any(len(part.table['member']) > 1 for part in parts)
  figure, (first, *right_axes) = figures.panels(1 + paired, height=3.8)
  _draw_accuracies(first, parts)
  for ax in right_axes:
    if len(parts) == 1:
      _draw_matrix(ax, parts[0].table)
    else:
      _draw_pairs(ax, parts)
    ax.set_title('share predicted differently', fontsize=9, loc='left')
  looks.figure_legend(figure, beside=False)
  notes = [
    f'{part.inputs[0].label} {part.table["ensemble"][0]:.4g}, its members'
    f' {np.mean(part.table["accuracy"]):.4g} in the mean'
    for part in parts
  ]
  title = 'Ensembles and their members'
  return Drawn(
    'ensemble',
    title,
    'On the test split; an ensemble has the mean of its members’ probabilities,'
    ' and members are held against one another.',
    f'Chart: {title}. Accuracies: {looks.sentence(notes)}',
    figure,
  )


def _draw_accuracies(ax: Axes, parts: Sequence[Part]) -> None:
  for i, part in enumerate(parts):
    accuracy = 100 * part.table['accuracy']
    combined = 100 * part.table['ensemble'][0]
    places = _places(i, len(accuracy))
    ax.plot(places, accuracy, label='a member', **_look(part))
    ax.hlines(combined, i - 0.4, i + 0.4, color='black', label='the ensemble')
  ax.set_title('test accuracy (%)', fontsize=9, loc='left')
  if len(parts) > 1:
    _name_columns(ax, parts)
    return
  count = len(parts[0].table['member'])
  named = _named(count)
  ax.set_xticks(_places(0, count)[named], named + 1, fontsize=7)
  ax.set_xlabel('member')


def _draw_pairs(ax: Axes, parts: Sequence[Part]) -> None:
  for i, part in enumerate(parts):
    between = _matrix(part.table)
    pairs = between[np.triu_indices(len(between), 1)]
    ax.plot(_places(i, len(pairs)), pairs, **_look(part))
  ax.set_ylim(bottom=0)
  _name_columns(ax, parts)


def _draw_matrix(ax: Axes, table: Table) -> None:
  between, count = _matrix(table), len(table['member'])
  image = ax.imshow(between, vmin=0, interpolation='nearest')
  named, names = _named(count), _bars.texts(table['member'])
  ax.set_xticks(named, named + 1, fontsize=8)
  ax.set_yticks(named, [f'{i + 1} {names[i]}' for i in named], fontsize=8)
  ax.grid(visible=False)
  ax.figure.colorbar(image, ax=ax, shrink=0.8)
  if count > _MOST_WRITTEN:
    return
  for (i, j), share in np.ndenumerate(between):
    colour = 'white' if share < between.max() / 2 else 'black'
    text = f'{share:.3f}'
    ax.text(j, i, text, ha='center', va='center', fontsize=7, color=colour)


def _matrix(table: Table) -> np.ndarray:
  """Returns the disagreements of a table as a matrix [m, m]."""
  columns = range(1, len(table['member']) + 1)
  return np.stack([table[f'with_{i}'] for i in columns], axis=1)


def _places(column: int, count: int) -> np.ndarray:
  """Returns the x of `count` dots side by side in a column of width 1."""
  return column + 0.7 * ((np.arange(count) + 0.5) / count - 0.5)


def _named(count: int) -> np.ndarray:
  """Returns the members that are named on an axis: all, if there is room."""
  return np.arange(0, count, -(-count // _MOST_NAMED))


def _look(part: Part) -> dict[str, Any]:
  colour = part.inputs[0].style.get('color')
  return {'color': colour, 'linestyle': '', 'marker': 'o', 'markersize': 4}


def _name_columns(ax: Axes, parts: Sequence[Part]) -> None:
  names = [part.inputs[0].label for part in parts]
  ax.set_xticks(range(len(parts)), names, fontsize=8, rotation=30, ha='right')
