"""Finished runs as one long table."""

import os
import pathlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd

from jaxsparse import storage
from jaxsparse.config.dicts import flat
from jaxsparse.results import member_list
from jaxsparse.results.names import is_number
from jaxsparse.runs import workdir
from jaxsparse.training import metrics as records

# Folders of a folder that are searched for runs.
_DEEPEST = 3


def read_results(
  *workdirs: str | os.PathLike[str], metrics: Collection[str] = ()
) -> pd.DataFrame:
  """Returns the numbers of finished runs, one a line.

  >>> table = js.read_results(workdir, metrics=['test_accuracy'])
  >>> means = table.groupby('updater.name')['value'].agg(['mean', 'std'])

  Args:
    *workdirs: of runs or studies, or folders of them.
    metrics: entries of summaries and records that are returned; all by default.
      Of an entry by leaf, `layer_sparsity`, each leaf is a metric.

  Returns:
    A DataFrame with the columns `run` (the name of the workdir), one for each
    field of the configs (`seed`, `updater.sparsity`; NaN where a run lacks it),
    `metric`, `step` (<NA> for a number of a summary) and `value` (as in the
    files: fractions, no per cent).

  Raises:
    ValueError: a file of a run cannot be read, or a folder holds no run.
  """
  roots: dict[pathlib.Path, None] = {}
  for path in workdirs:
    if not (runs := below(storage.absolute(path))):
      raise ValueError(f'{path} holds no run')
    roots |= dict.fromkeys(runs)
  configs: list[dict[str, Any]] = []
  lines: list[tuple[Any, ...]] = []
  for root in roots:
    if (summary := workdir.finished(root)) is not None:
      fields = flat(workdir.read_config(root)).items()
      of_run = _numbers(root, summary, metrics)
      lines += [(len(configs), *number) for number in of_run]
      configs.append({'run': root.name} | {f: hashable(v) for f, v in fields})
  table = pd.DataFrame(lines, columns=['index', 'metric', 'step', 'value'])
  table['step'] = table['step'].astype('Int64')
  table = pd.DataFrame(configs).join(table.set_index('index'), how='right')
  return table.reset_index(drop=True)


def below(folder: pathlib.Path, depth: int = 0) -> list[pathlib.Path]:
  """Returns the workdirs of the runs of a study, or in a folder, sorted."""
  if workdir.begun(folder):
    return [folder]
  # The members of a study may be elsewhere, among those of other studies.
  roots = [m for m in member_list.read(folder) if workdir.begun(m)]
  if depth < _DEEPEST and folder.is_dir():
    for path in sorted(p for p in folder.iterdir() if p.is_dir()):
      roots += below(path, depth + 1)
  return roots


def _numbers(
  root: pathlib.Path, summary: Mapping[str, Any], metrics: Collection[str]
) -> Iterator[tuple[str, int | None, float]]:
  """Yields the metrics, steps and values of a run."""
  path = root / workdir.METRICS
  every = records.read(path) if path.exists() else []
  for entries in (summary, *every):
    chosen = {n: v for n, v in entries.items() if n in metrics or not metrics}
    for name, value in numbers(chosen).items():
      if name != 'step':
        yield name, entries.get('step'), value


def numbers(entries: Mapping[str, Any]) -> dict[str, float]:
  """Returns the numbers of a summary or a record; of a spread, the mean."""
  return {
    name.removesuffix('.mean'): value
    for name, value in flat(entries).items()
    if is_number(value)
  }


def hashable(value: Any) -> Any:
  """Converts lists to tuples, by which runs can be grouped."""
  if isinstance(value, list | tuple):
    return tuple(map(hashable, value))
  return str(value) if isinstance(value, dict) else value
