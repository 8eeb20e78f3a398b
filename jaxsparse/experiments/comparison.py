"""Runs a few configs one after another and sets them side by side.

Each run has a workdir of its own under one folder, so a comparison that was
killed goes on where it was, and runs that are finished are not repeated. All
share one process, and with it the programs that they have in common.
"""

import pathlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from jaxsparse.experiments import figures, summary, workdir
from jaxsparse.experiments.train import train
from jaxsparse.training import metrics

# The first run of a family is solid.
_DASHES = ('-', '--', ':', '-.')


class Entry(NamedTuple):
  """A run to be made.

  Attributes:
    name: of its workdir.
    label: what a person calls it.
    family: runs of one family share a colour and differ in their dashes.
    config: a `ConfigDict` made by `config.default_config`.
  """

  name: str
  label: str
  family: str
  config: Any


class Row(NamedTuple):
  """A run that was made.

  Attributes:
    entry: what was asked for.
    root: its workdir.
    summary: the content of its `summary.json`.
  """

  entry: Entry
  root: pathlib.Path
  summary: summary.Summary


def finished(entries: Sequence[Entry], root: pathlib.Path) -> bool:
  """Whether every run under `root` has been made."""
  return all((root / e.name / workdir.SUMMARY).exists() for e in entries)


def run(
  entries: Sequence[Entry],
  root: pathlib.Path,
  *,
  interrupted: Callable[[], bool] = lambda: False,
) -> list[Row]:
  """Makes the runs, in order; those made before are read back.

  Args:
    entries: with names that differ.
    root: holds a workdir for each; made if need be.
    interrupted: asked now and then; if true the run saves and stops.

  Raises:
    What `train.train` does, from the first run that raises.
  """
  rows = []
  for entry in entries:
    folder = root / entry.name
    result = train(entry.config, folder, interrupted=interrupted)
    rows.append(Row(entry, folder, result))
  return rows


def table(rows: Sequence[Row]) -> str:
  """One line a run; accuracy is mean ± sample standard deviation, on test."""
  heading = ('run', 'test accuracy', 'seeds', 'sparsity', 'steps/s', 'seconds')
  return summary.aligned([heading, *map(_cells, rows)])


def _cells(row: Row) -> tuple[str, ...]:
  made = row.summary
  return (
    row.entry.label,
    summary.percent(made['test_accuracy']),
    str(made['replicates'] - len(made['failed'])),
    f'{made["sparsity"]:.4f}',
    f'{made["steps_per_second"]:,.0f}',
    f'{made["wall_seconds"]:.1f}',
  )


def draw(rows: Sequence[Row], root: pathlib.Path) -> list[pathlib.Path]:
  """Writes `accuracy.png` and `gradient_norm.png` to `root`.

  Both are against step, one line a run: means over replicates with bands of
  one standard deviation to each side.

  Returns:
    Their paths.
  """
  count = rows[0].summary['replicates']
  accuracy, (ax,) = figures.panels(1)
  _lines(ax, rows, _read(rows, 'eval_accuracy', 100))
  ax.set(xlabel='step', ylabel='test accuracy (%)')
  ax.set_title(f'Test accuracy, mean ± sd of {count} seeds')
  norm, (ax,) = figures.panels(1)
  values = _read(rows, 'gradient_norm', 1)
  figures.log_scale(ax, values)
  _lines(ax, rows, values)
  ax.set(xlabel='step', ylabel='L2 norm over active weights and biases')
  ax.set_title(f'Gradient norm, mean ± sd of {count} seeds')
  paths = [root / 'accuracy.png', root / 'gradient_norm.png']
  for figure, path in zip((accuracy, norm), paths, strict=True):
    figure.set_size_inches(8, 4.5)
    figure.legend(loc='outside right center', frameon=False, fontsize=9)
    figures.save(figure, path)
  return paths


def _read(rows: Sequence[Row], name: str, scale: float) -> list[figures.Series]:
  """The entry `name` of every run's records."""
  return [
    figures.scaled(
      figures.series(metrics.read(row.root / workdir.METRICS), name), scale
    )
    for row in rows
  ]


def _lines(
  ax: Axes, rows: Sequence[Row], values: Sequence[figures.Series]
) -> None:
  """One line a run."""
  seen: dict[str, int] = {}
  for row, shown in zip(rows, values, strict=True):
    family = row.entry.family
    seen[family] = seen.get(family, -1) + 1
    figures.line(
      ax,
      shown,
      color=figures.COLOURS[list(seen).index(family) % len(figures.COLOURS)],
      linestyle=_DASHES[seen[family] % len(_DASHES)],
      label=row.entry.label,
    )
  ax.set_xlim(left=0)
