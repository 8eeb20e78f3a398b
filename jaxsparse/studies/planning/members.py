"""Builds and names the members of a study, each once."""

import os
import pathlib
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

from jaxsparse.config.run_config import BESIDE, SOURCES
from jaxsparse.results.rows import Row
from jaxsparse.runs import population, reading, workdir
from jaxsparse.runs.build import Experiment, Read, build
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.studies import config_files
from jaxsparse.studies.planning import changes, check, pairing
from jaxsparse.studies.planning.naming import directory
from jaxsparse.studies.spec import Run, Study


class Member(NamedTuple):
  """A training run, trained once even if several rows show it.

  Attributes:
    name: of its directory under the runs folder.
    experiment: built from a config with one replicate.
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
    return population.family(self.experiment)


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
  maker = _Maker(study, workdir.local(runs_dir), read)
  for run in pairing.order(study):
    for cell in maker.cells(run):
      maker.made[cell.row, cell.seed] = cell
  cells = (
    maker.made[row, seed]
    for row in study.rows()
    for seed in study.run(row.run).seed_list()
  )
  return Expanded(tuple(cells), maker.members)


class _Maker:
  """Builder of cells, run by run, after the runs that they start from."""

  def __init__(self, study: Study, runs_dir: pathlib.Path, read: Read):
    self._study = study
    self._runs_dir = runs_dir
    self._read = read
    self.members: dict[str, Member] = {}
    self.made: dict[tuple[Row, int], Cell] = {}

  def cells(self, run: Run) -> Iterator[Cell]:
    try:
      base = config_files.load_config(run.config)
    except ValueError as error:
      why = str(error).removeprefix('--config: ')
      raise ValueError(f'study.runs[{run.name!r}].config: {why}') from None
    changes.check_fields(run, base)
    after = {
      cell.member
      for cell in self.made.values()
      if cell.row.run in run.after and cell.member
    }
    for row in run.rows():
      for seed in run.seed_list():
        yield self._cell(run, row, seed, base, after)

  def _cell(
    self, run: Run, row: Row, seed: int, base: Any, after: set[str]
  ) -> Cell:
    overrides = {**run.overrides, **dict(row.point)}
    sources = set()
    for field, value in overrides.items():
      named = pairing.source(value)
      if named is not None:
        source = self._source(run, row, seed, *named)
        if source.error:
          why = f'starts from {named[0]}: {source.error}'
          return Cell(row, seed, '', why)
        overrides[field] = BESIDE + source.member
        sources.add(source.member)
    try:
      config = changes.changed(base, overrides, seed)
      experiment = build(config, self._read)
      abstract_state(experiment)  # A method's init may refuse, too.
      self._check_steps(experiment)
    except ValueError as error:
      return Cell(row, seed, '', ' '.join(str(error).split()))
    configs = {n: m.experiment.config for n, m in self.members.items()}
    name = directory(
      experiment.config, configs, self._runs_dir, experiment.dataset.fingerprint
    )
    if name not in self.members:
      self.members[name] = Member(
        name, experiment, frozenset(sources), frozenset(sources | after)
      )
    return Cell(row, seed, name)

  def _source(
    self, run: Run, row: Row, seed: int, other: str, fixed: int | None
  ) -> Cell:
    """Returns the cell of the run `other` that a cell of `run` starts from."""
    where = f'study.runs[{run.name!r}]'
    matching_row = pairing.match(self._study, row, other, where)
    return self.made[matching_row, seed if fixed is None else fixed]

  def _check_steps(self, experiment: Experiment) -> None:
    """Raises `ValueError` if a source will not keep the step to start from."""
    init = experiment.config.init
    for field in SOURCES:
      source = self.members.get(getattr(init, field).removeprefix(BESIDE))
      step = getattr(init, f'{field}_step')
      if source is not None and step is not None:
        kept_steps = source.experiment.kept_steps
        if step not in kept_steps:
          raise ValueError(
            f'config.init.{field}_step: got {step}; accepted are'
            f' {", ".join(map(str, kept_steps))}, which {source.name} keeps'
          )
