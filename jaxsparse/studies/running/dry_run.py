"""Dry run of a study: a few steps of each row on noise, nothing written.

The configs of a row differ only in the seed, so one seed of each is tried. The
data may be absent, and so are the members that rows start from: masks and
weights are the run's own.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jaxsparse.config.run_config import SOURCES
from jaxsparse.core.tables import aligned
from jaxsparse.errors import TrainingFailed
from jaxsparse.results.names import count
from jaxsparse.results.rows import Row
from jaxsparse.runs import dry_run, outline, reading
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.progress import hushed
from jaxsparse.studies.planning.check import check as check_study
from jaxsparse.studies.planning.members import Expanded, expand
from jaxsparse.studies.spec import Study
from jaxsparse.training.sharding import DEFAULT, Devices

_HEADING = (
  *('run', 'members', 'steps', 'epochs', 'batch', 'parameters', 'active'),
  *('sparsity', 'multiply-adds', 'mask steps', 'losses'),
)

_log = logging.getLogger(__name__)


class RowDryRun(NamedTuple):
  """The dry run of a row.

  Attributes:
    row: of the study.
    members: number of members of the row.
    experiment: of one of them; `None` if all configs were refused.
    losses: of its steps; none if it failed.
    error: why it failed or was refused, or ''.
  """

  row: Row
  members: int
  experiment: Experiment | None = None
  losses: tuple[float, ...] = ()
  error: str = ''


def take(
  study: Study, runs_dir: str | os.PathLike[str], devices: Devices = DEFAULT
) -> tuple[RowDryRun, ...]:
  """Builds every member without data and trains one of each row briefly.

  Args:
    study: what to try.
    runs_dir: folder of its members' directories.
    devices: that a batch is to be divided over, later; one takes the steps.

  Raises:
    ValueError: the study is malformed.
  """
  check_study(study)
  with hushed():
    expanded = expand(study, runs_dir, reading.describe, devices)
    rows, results = study.rows(), []
    for i, row in enumerate(rows, 1):
      _log.info('dry run: %s (%d of %d)', study.row_name(row), i, len(rows))
      results.append(_take(expanded, row))
  return tuple(results)


def _take(expanded: Expanded, row: Row) -> RowDryRun:
  cells = [cell for cell in expanded.cells if cell.row == row]
  names = [cell.member for cell in cells if cell.member]
  if not names:
    return RowDryRun(row, 0, error=cells[0].error)
  experiment = expanded.members[names[0]].experiment
  result = RowDryRun(row, len(names), experiment)
  try:
    return result._replace(losses=dry_run.take(experiment))
  except TrainingFailed as error:
    return result._replace(error=str(error))


def text(study: Study, results: Sequence[RowDryRun]) -> str:
  """Formats a dry run: the table by row, errors, and notes on reading it."""
  names = {result.row: study.row_name(result.row) for result in results}
  lines = [_HEADING, *((names[r.row], *_numbers(r)) for r in results)]
  blocks = [
    [aligned(lines)],
    [f'{names[r.row]}: {r.error}' for r in results if r.error],
    _notes(names, results),
  ]
  return '\n\n'.join('\n'.join(lines) for lines in blocks if lines)


def _numbers(result: RowDryRun) -> tuple[str, ...]:
  experiment = result.experiment
  if experiment is None:
    return (*[''] * (len(_HEADING) - 2), 'refused')
  size, macs = outline.size(experiment), outline.multiply_adds(experiment)
  return (
    f'{result.members}',
    f'{experiment.plan.length:,}',
    f'{size.epochs:.4g}',
    f'{experiment.config.batch_size:,}',
    f'{size.parameters:,}',
    f'{size.active:,}',
    f'{size.sparsity:.4f}',
    'unknown' if macs is None else f'{macs[0]:,}',
    f'{size.mask_steps:,}',
    ' '.join(f'{loss:.4g}' for loss in result.losses) or 'failed',
  )


def _notes(names: Mapping[Row, str], results: Sequence[RowDryRun]) -> list[str]:
  built = {r.row: r.experiment for r in results if r.experiment}
  passed = sum(not r.error for r in results)
  most = max((e.config.batch_size for e in built.values()), default=0)
  lines = [
    *outline.absent(built.values()),
    f'each row took {dry_run.STEPS} and, where masks change, a mask step, on'
    f' {dry_run.on(most)}',
  ]
  shared = [names[r] for r, e in built.items() if outline.shares_out(e)]
  if shared:
    lines.append(f'multiply-adds of {", ".join(shared)}: {outline.AS_PLANNED}')
  sections = [experiment.config.init for experiment in built.values()]
  if any(getattr(init, source) for init in sections for source in SOURCES):
    lines.append(
      'weights, masks and signs that rows take from others were made up'
    )
  lines.append(
    f'{passed} of {count(len(results), "row")}: losses and weights finite,'
    ' masks with the counts that the method promises'
  )
  return lines


def check(study: Study, results: Sequence[RowDryRun]) -> None:
  """Checks that no row of a dry run failed.

  Raises:
    ValueError: a row was refused.
    TrainingFailed: a row failed.
  """
  for result in results:
    if result.error:
      kind = TrainingFailed if result.experiment else ValueError
      raise kind(f'{study.row_name(result.row)}: {result.error}')
