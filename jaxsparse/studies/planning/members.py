"""Builds and names the members of a study, each once."""

import os
import pathlib
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from jaxsparse.config.overrides import override
from jaxsparse.config.run_config import BESIDE, SOURCES
from jaxsparse.results.rows import Row
from jaxsparse.runs import parallel, reading, workdir
from jaxsparse.runs.build import Experiment, Read, build
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.studies import config_files
from jaxsparse.studies.planning import check, pairing
from jaxsparse.studies.planning.naming import directory
from jaxsparse.studies.spec import Run, Study


class Member(NamedTuple):
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

  @property
  def family(self) -> Hashable:
    """Equal for members that share their compiled programs."""
    return parallel.family(self.experiment)


class Cell(NamedTuple):
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

  cells: tuple[Cell, ...]
  members: Mapping[str, Member]

  def cell(self, row: Row, seed: int) -> Cell:
    """Returns the cell of a row and seed."""
    return next(c for c in self.cells if (c.row, c.seed) == (row, seed))


def expand(
  study: Study,
  runs_dir: str | os.PathLike[str],
  read: Read = reading.dataset,
) -> Expanded:
  """Builds every member of a study, and writes nothing.

  Args:
    study: what to run.
    runs_dir: folder of the members' directories.
    read: see `build`; members cannot be trained without their data.

  Raises:
    ValueError: the study is malformed. A refused config raises nothing; the
      reason is in its cell.
  """
  check.check(study)
  builder = _Builder(study, workdir.local(runs_dir), read)
  for run in pairing.order(study):
    builder.add(run)
  cells = (
    builder.cells[row, seed]
    for row in study.rows()
    for seed in study.run(row.run).seed_list()
  )
  return Expanded(tuple(cells), builder.members)


class _Builder:
  """Builder of cells, run by run, after the runs that they start from."""

  def __init__(self, study: Study, runs_dir: pathlib.Path, read: Read):
    self._study, self._runs_dir, self._read = study, runs_dir, read
    self.members: dict[str, Member] = {}
    self.cells: dict[tuple[Row, int], Cell] = {}

  def add(self, run: Run) -> None:
    """Adds the cells of a run and their members."""
    try:
      base = config_files.load_config(run.config)
    except ValueError as error:
      why = str(error).removeprefix('--config: ')
      raise ValueError(f'study.runs[{run.name!r}].config: {why}') from None
    check.check_fields(run, base)
    after = {
      cell.member
      for cell in self.cells.values()
      if cell.row.run in run.after and cell.member
    }
    for row in run.rows():
      for seed in run.seed_list():
        try:
          name = self._add_member(run, row, seed, base, after)
          cell = Cell(row, seed, name)
        except ValueError as error:
          cell = Cell(row, seed, '', ' '.join(str(error).split()))
        self.cells[row, seed] = cell

  def _add_member(
    self, run: Run, row: Row, seed: int, base: Any, after: set[str]
  ) -> str:
    """Returns the name of the member of a cell; a `ValueError` refuses it."""
    overrides = {**run.overrides, **dict(row.point)}
    sources = set()
    for field, value in overrides.items():
      if named := pairing.source(value):
        other, fixed = named
        matching = pairing.match(
          self._study, row, other, f'study.runs[{run.name!r}]'
        )
        source = self.cells[matching, seed if fixed is None else fixed]
        if source.error:
          raise ValueError(f'starts from {other}: {source.error}')
        overrides[field] = BESIDE + source.member
        sources.add(source.member)
    config = override(base, overrides | {'seed': seed})
    experiment = build(config, self._read)
    abstract_state(experiment)  # A method's init may refuse, too.
    self._check_steps(experiment)
    configs = {n: m.experiment.config for n, m in self.members.items()}
    name = directory(
      experiment.config, configs, self._runs_dir, experiment.dataset.fingerprint
    )
    if name not in self.members:
      self.members[name] = Member(
        name, experiment, frozenset(sources), frozenset(sources | after)
      )
    return name

  def _check_steps(self, experiment: Experiment) -> None:
    """Raises `ValueError` if a source will not keep the step to start from."""
    init = experiment.config.init
    for field in SOURCES:
      source = self.members.get(getattr(init, field).removeprefix(BESIDE))
      step = getattr(init, f'{field}_step')
      if source is None or step is None:
        continue
      steps = source.experiment.kept_steps
      if step not in steps:
        raise ValueError(
          f'config.init.{field}_step: got {step}; accepted are'
          f' {", ".join(map(str, steps))}, which {source.name} keeps'
        )
