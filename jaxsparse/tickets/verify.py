"""Whether a ticket on disk is the one that its run and its record say."""

import math
from typing import Any

from jaxsparse import storage
from jaxsparse.config import identity
from jaxsparse.core.types import Path
from jaxsparse.runs import finished, reading, sources
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.origins import Origins
from jaxsparse.tickets import record
from jaxsparse.tickets.manifest import (
  Manifest,
  StrPath,
  leaves_of,
  manifest,
)
from jaxsparse.training.checkpoints import check_like, load_params

_FILES = (
  workdir_lib.CONFIG,
  workdir_lib.SUMMARY,
  workdir_lib.CHECKPOINTS,
)


def verify(workdir: StrPath) -> bool:
  """Checks a ticket against what its run recorded, and its `ticket.json`.

  The run recorded a checksum of each leaf of each checkpoint, the digest of its
  config, and the counts of its masks, which must be the same at every step.

  Args:
    workdir: of the ticket. Its data may be absent.

  Returns:
    Whether there is a `ticket.json`.

  Raises:
    ValueError: a file is missing or damaged, a leaf does not fit the model, or
      something differs; names the first.
  """
  root = storage.absolute(workdir)
  for name in _FILES:
    if not (root / name).exists():
      raise ValueError(f'{root} is no whole ticket: {name} is missing')
  run = finished.load(root, reading.describe)
  summary = workdir_lib.finished(root) or {}
  current, recorded = manifest(root), record.read(root)
  _check_checkpoints(run, current.start_step)
  try:
    _check_counts(current, summary)
    _check_config(run, summary)
    _check_sources(run)
  except ValueError as error:
    raise ValueError(f'{root}: {error}') from None
  if recorded and (change := next(record.changes(recorded, current), None)):
    raise ValueError(f'{root} has changed since {record.RECORD}: {change}')
  return recorded is not None


def _check_checkpoints(run: finished.Finished, start: int) -> None:
  """Checks all leaves of all checkpoints, and that masks do not change."""
  masks: dict[Path, str | None] = {}
  for step in sorted({start, *run.steps, run.last_step}):
    params, step_masks = load_params(run.root, step=step)
    where = run.root / workdir_lib.CHECKPOINTS / str(step)
    check_like(params, run.experiment.params, str(where))
    for path, leaf in leaves_of(params, step_masks).items():
      if masks.setdefault(path, leaf.mask) != leaf.mask:
        raise ValueError(
          f'{run.root}: leaf {path!r} has one mask at step {start} and another'
          f' at step {step}; accepted are masks that do not change'
        )


def _check_counts(current: Manifest, summary: dict[str, Any]) -> None:
  """Checks the counts of masks against those of the summary."""
  for path, leaf in current.leaves.items():
    recorded = summary['layer_sparsity'].get(path)
    if leaf.active is None and recorded is None:
      continue
    size = math.prod(leaf.shape)
    expected = None if recorded is None else round((1 - recorded) * size)
    if leaf.active != expected:
      raise ValueError(
        f'leaf {path!r} has {leaf.active} active weights;'
        f' {workdir_lib.SUMMARY} says {expected}'
      )


def _check_config(run: finished.Finished, summary: dict[str, Any]) -> None:
  digest = identity.digest(run.experiment.config)
  if digest != summary['config_digest']:
    raise ValueError(
      f'{workdir_lib.CONFIG} has the digest {digest};'
      f' {workdir_lib.SUMMARY} is of {summary["config_digest"]}'
    )


def _check_sources(run: finished.Finished) -> None:
  init = run.experiment.config.init
  now = Origins(sources=sources.fingerprints(init, run.root))
  if changed := workdir_lib.origins(run.root).changes(now):
    raise ValueError(
      f'it started from what has changed since (then -> now): {changed[0]}'
    )
