"""Dry run of a study without its data: a few steps per row, nothing written.

The configs of a row differ only in the seed, so one seed of each is tried.
Masks and weights from members of another row, which do not exist, are made up.
"""

import logging
import os
from typing import NamedTuple

from jaxsparse.config.run_config import SOURCES
from jaxsparse.results.names import count
from jaxsparse.results.rows import Row
from jaxsparse.runs import dry_run, outline, reading, summary
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.failures import TrainingFailed
from jaxsparse.runs.progress import hushed
from jaxsparse.studies.planning.members import Expanded, expand
from jaxsparse.studies.spec import Study

_HEADING = (
  *('run', 'members', 'steps', 'epochs', 'batch', 'parameters', 'active'),
  *('sparsity', 'multiply-adds', 'mask steps', 'losses'),
)

_log = logging.getLogger(__name__)


class Tried(NamedTuple):
  """The dry run of a row.

  Attributes:
    row: of the study.
    members: number of members of the row.
    experiment: of one of them; `None` if all configs were refused.
    taken: the record of its dry run; `None` if it failed.
    error: why it failed or was refused, or ''.
  """

  row: Row
  members: int
  experiment: Experiment | None
  taken: dry_run.Taken | None
  error: str = ''


class DryRun(NamedTuple):
  """The dry runs of all rows of a study, and its members."""

  study: Study
  expanded: Expanded
  rows: tuple[Tried, ...]


def take(study: Study, runs_dir: str | os.PathLike[str]) -> DryRun:
  """Builds every member without data and trains one of each row briefly.

  Args:
    study: what to try.
    runs_dir: folder of its members' directories.

  Raises:
    ValueError: the study is malformed.
  """
  with hushed():
    expanded = expand(study, runs_dir, reading.describe)
    rows, tried = study.rows(), []
    for i, row in enumerate(rows, 1):
      _log.info('dry run: %s (%d of %d)', study.row_name(row), i, len(rows))
      tried.append(_tried(expanded, row))
  return DryRun(study, expanded, tuple(tried))


def _tried(expanded: Expanded, row: Row) -> Tried:
  cells = [cell for cell in expanded.cells if cell.row == row]
  names = [cell.member for cell in cells if cell.member]
  if not names:
    return Tried(row, 0, None, None, cells[0].error)
  experiment = expanded.members[names[0]].experiment
  try:
    record = dry_run.take(experiment, dry_run.stand_in(experiment))
  except TrainingFailed as error:
    return Tried(row, len(names), experiment, None, str(error))
  return Tried(row, len(names), experiment, record)


def text(made: DryRun) -> str:
  """Formats a dry run: the table by row, errors, and notes on reading it."""
  blocks = [
    [summary.aligned([_HEADING, *(_line(made.study, t) for t in made.rows)])],
    [f'{made.study.row_name(t.row)}: {t.error}' for t in made.rows if t.error],
    _notes(made),
  ]
  return '\n\n'.join('\n'.join(lines) for lines in blocks if lines)


def _line(study: Study, tried: Tried) -> tuple[str, ...]:
  name, experiment = study.row_name(tried.row), tried.experiment
  if experiment is None:
    return (name, *[''] * (len(_HEADING) - 2), 'refused')
  size = outline.size(experiment)
  losses = tried.taken.losses if tried.taken else ()
  macs = outline.multiply_adds(experiment)
  return (
    name,
    f'{tried.members}',
    f'{experiment.plan.num_steps:,}',
    f'{size.epochs:.4g}',
    f'{experiment.config.batch_size:,}',
    f'{size.parameters:,}',
    f'{size.active:,}',
    f'{size.sparsity:.4f}',
    'unknown' if macs is None else f'{macs[0]:,}',
    f'{size.mask_steps:,}',
    ' '.join(f'{loss:.4g}' for loss in losses) or 'failed',
  )


def _notes(made: DryRun) -> list[str]:
  built = [t.experiment for t in made.rows if t.experiment]
  sound = sum(t.taken is not None for t in made.rows)
  most = max((e.config.batch_size for e in built), default=0)
  lines = [
    *outline.absent(built),
    f'each row took {dry_run.STEPS} and, where masks change, a mask step, on'
    f' {dry_run.on(most)}',
  ]
  shared = [
    made.study.row_name(t.row)
    for t in made.rows
    if t.experiment and outline.shares_out(t.experiment)
  ]
  if shared:
    lines.append(f'multiply-adds of {", ".join(shared)}: {outline.AS_PLANNED}')
  if any(getattr(e.config.init, field) for e in built for field in SOURCES):
    lines.append('masks and weights that rows take from others were made up')
  lines.append(
    f'{sound} of {count(len(made.rows), "row")}: losses and weights finite,'
    ' masks with the counts that the method promises'
  )
  return lines


def check(made: DryRun) -> None:
  """Checks that no row of a dry run failed.

  Raises:
    ValueError: a row was refused.
    TrainingFailed: a row failed.
  """
  for tried in made.rows:
    if tried.error:
      kind = TrainingFailed if tried.experiment else ValueError
      raise kind(f'{made.study.row_name(tried.row)}: {tried.error}')
