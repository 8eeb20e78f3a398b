"""Builds and names the members of a study, each once.

The name of a directory follows from the config, and not from the study, as
studies share members. A directory is reused only if its config equals that of
the run, and the sources and data of the run are unchanged.
"""

import itertools
import os
import pathlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxsparse import storage
from jaxsparse.config import identity
from jaxsparse.config.overrides import check_fields, override
from jaxsparse.config.run_config import BESIDE, SOURCES, RunConfig
from jaxsparse.results.rows import Row
from jaxsparse.runs import reading, workdir
from jaxsparse.runs import sources as sources_lib
from jaxsparse.runs.build import Experiment, Read, build
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.runs.origins import Origins
from jaxsparse.studies import config_files
from jaxsparse.studies.planning import pairing
from jaxsparse.studies.spec import Run, Study
from jaxsparse.training.sharding import DEFAULT, Devices, check


class StudyMember(NamedTuple):
  """A training run, trained once even if several rows show it.

  Attributes:
    name: of its directory under the runs folder.
    experiment: built from its config.
    sources: names of the members that it starts from.
    after: names of all members that must have ended before.
  """

  name: str
  experiment: Experiment
  sources: frozenset[str]
  after: frozenset[str]


class RowMember(NamedTuple):
  """The member of a row with one seed.

  Attributes:
    row: of the table.
    seed: of the member.
    member: its name; '' if the config was refused.
    error: why the config was refused, or ''.
  """

  row: Row
  seed: int
  member: str
  error: str = ''


class Expanded(NamedTuple):
  """A study's members.

  Attributes:
    cells: in the order of rows, then seeds.
    members: by name, each after those that it needs.
  """

  cells: tuple[RowMember, ...]
  members: Mapping[str, StudyMember]


def expand(
  study: Study,
  runs_dir: str | os.PathLike[str],
  read: Read = reading.dataset,
  devices: Devices = DEFAULT,
) -> Expanded:
  """Builds every member of a study, and writes nothing.

  Args:
    study: that has passed `check`.
    runs_dir: folder of the members' directories.
    read: see `build`; members cannot be trained without their data.
    devices: that members are divided over, if other than by default.

  Raises:
    ValueError: a run changes a field that no config has, or its base config
      cannot be loaded. A refused config raises nothing; the reason is in its
      cell.
  """
  builder = _Builder(study, storage.absolute(runs_dir), read, devices)
  for row in pairing.order(study):
    builder.add(row)
  rows = ((run, row) for run in study.runs for row in run.rows())
  order = ((row, seed) for run, row in rows for seed in run.seed_list())
  return Expanded(tuple(builder.cells[c] for c in order), builder.members)


class _Builder:
  """Builder of cells, row by row, after the rows that they start from."""

  def __init__(
    self, study: Study, runs_dir: pathlib.Path, read: Read, devices: Devices
  ):
    self._study, self._runs_dir, self._read = study, runs_dir, read
    self._devices = devices
    self.members: dict[str, StudyMember] = {}
    self.cells: dict[tuple[Row, int], RowMember] = {}
    self._bases: dict[str, Any] = {}

  def add(self, row: Row) -> None:
    """Adds the cells of a row and their members."""
    run = self._study.run(row.run)
    base = self._base(run)
    after = {c.member for c in self.cells.values() if c.row.run in run.after}
    after -= {''}  # Of refused configs.
    for seed in run.seed_list():
      try:
        name = self._add_member(run, row, seed, base, after)
        cell = RowMember(row, seed, name)
      except ValueError as error:
        cell = RowMember(row, seed, '', ' '.join(str(error).split()))
      self.cells[row, seed] = cell

  def _base(self, run: Run) -> Any:
    """Loads the config of a run, and checks the fields that it changes."""
    if run.name not in self._bases:
      try:
        base = config_files.load_config(run.config)
      except ValueError as error:
        why = str(error).removeprefix('--config: ')
        raise ValueError(f'study.runs[{run.name!r}].config: {why}') from None
      changes = {'overrides': run.overrides, 'grid': run.grid}
      check_fields(f'study.runs[{run.name!r}]', changes, base)
      self._bases[run.name] = base
    return self._bases[run.name]

  def _add_member(
    self, run: Run, row: Row, seed: int, base: Any, after: set[str]
  ) -> str:
    """Returns the name of the member of a cell; a `ValueError` refuses it."""
    overrides = {**run.overrides, **dict(row.point)}
    sources: set[str] = set()
    for field, value in overrides.items():
      starts = [
        self._source(*pair, seed)
        for source in pairing.parse(value)
        for pair in pairing.matches(
          self._study, row, source, f'study.runs[{run.name!r}]'
        )
      ]
      if starts:
        names = dict.fromkeys(starts)
        overrides[field] = ','.join(BESIDE + name for name in names)
        sources.update(names)
    config = override(base, overrides | {'seed': seed})
    experiment = build(config, self._read)
    abstract_state(experiment)  # A method's init may refuse, too.
    if self._devices != DEFAULT:
      built = experiment.config
      check(self._devices, built.batch_size, built.compute.accumulation)
    self._check_steps(experiment)
    configs = {n: m.experiment.config for n, m in self.members.items()}
    name = directory(
      experiment.config, configs, self._runs_dir, experiment.dataset.fingerprint
    )
    if name not in self.members:
      self.members[name] = StudyMember(
        name, experiment, frozenset(sources), frozenset(sources | after)
      )
    return name

  def _source(self, row: Row, fixed: int | None, seed: int) -> str:
    """Returns the name of a member that another starts from."""
    source = self.cells[row, seed if fixed is None else fixed]
    if source.error:
      raise ValueError(f'starts from {row.run}: {source.error}')
    return source.member

  def _check_steps(self, experiment: Experiment) -> None:
    """Raises `ValueError` if a source will not keep the step to start from."""
    init = experiment.config.init
    for field in SOURCES:
      first = getattr(init, field).partition(',')[0]
      source = self.members.get(first.removeprefix(BESIDE))
      step = getattr(init, f'{field}_step')
      if source is None or step is None:
        continue
      steps = source.experiment.kept_steps
      if step not in steps:
        raise ValueError(
          f'config.init.{field}_step: got {step}; accepted are'
          f' {", ".join(map(str, steps))}, which {source.name} keeps'
        )


def directory(
  config: RunConfig,
  assigned: Mapping[str, identity.Config],
  runs_dir: pathlib.Path,
  data: Mapping[str, str] = {},
) -> str:
  """Returns the name of the directory of a config, or a free one if new.

  A run whose sources or data have changed counts as another run. If no
  directory matches but the config of one cannot be read, the name of that
  directory is returned: it may be the run, and must not be ignored.

  Args:
    config: the config.
    assigned: directory -> config of directories already assigned, which may not
      exist yet.
    runs_dir: folder of the directories.
    data: fingerprints of the data by split; unknown ones are assumed to be
      equal.
  """
  name = member_name(config)
  numbered = re.compile(re.escape(name) + r'(-\d+)?')
  on_disk = {
    path.name: _stored(path)
    for path in runs_dir.glob(f'{name}*')
    if numbered.fullmatch(path.name)
  }
  begun = {n: c for n, c in on_disk.items() if c is not None}
  configs: dict[str, identity.Config] = {**begun, **assigned}
  now = Origins(data=data)
  if begun:
    fingerprints = sources_lib.fingerprints(config.init, runs_dir / name)
    now = now._replace(sources=fingerprints)
  unreadable = []
  for folder in sorted(filter(numbered.fullmatch, configs)):
    if not configs[folder]:
      unreadable.append(folder)
    elif not identity.differences(configs[folder], config) and (
      folder in assigned or not workdir.origins(runs_dir / folder).changes(now)
    ):
      return folder
  if unreadable:
    return unreadable[0]
  names = (f'{name}-{i}' if i > 1 else name for i in itertools.count(1))
  return next(free for free in names if free not in configs)


def _stored(root: pathlib.Path) -> dict[str, Any] | None:
  """Reads the config of a begun run: {} if unreadable, `None` if new."""
  try:
    return workdir.read_config(root) if workdir.begun(root) else None
  except ValueError:
    return {}


def member_name(config: RunConfig) -> str:
  """Returns a name such as 'digits-mlp-rigl-sparse-0.98-seed3-1a2b3c4d'.

  Different configs have different names, except where a default has changed
  since (or the eight hex digits of the hash collide).
  """
  init, level = _word(config.init.name), config.pruning.level
  parts = [
    _word(config.data.name),
    _word(config.model.name),
    _word(config.updater.name),
    *([] if init == 'dense' else [init]),
    f'level{level}' if level else f'{config.updater.sparsity:g}',
    f'seed{config.seed}',
    identity.digest(config)[:8],
  ]
  return '-'.join(parts)


def _word(name: Any) -> str:
  text = name if isinstance(name, str) else name.__name__
  path = text.removesuffix('.npz')
  if text.startswith('/') or path != text:
    return re.sub(r'\W+', '_', path.rpartition('/')[2], flags=re.ASCII)
  return re.sub(r'\W+', '_', text.rpartition('.')[2], flags=re.ASCII)
