"""From a study to its members: built, named, each once.

A member's directory is named by what its config says, never by the study:
studies share members. Its resolved config must equal the stored one, else it
is another run and gets another directory.
"""

import os
import pathlib
import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

from jaxsparse.core import paths
from jaxsparse.experiments import config as config_lib
from jaxsparse.experiments import config_files, identity, population, workdir
from jaxsparse.experiments.build import Experiment, build
from jaxsparse.experiments.compiled import abstract_state
from jaxsparse.experiments.fields import Plain, flat
from jaxsparse.experiments.start import BESIDE
from jaxsparse.experiments.studies import check, pairing
from jaxsparse.experiments.studies.spec import Row, Run, Study

_LENGTHS = ('num_steps', 'num_epochs')


class Member(NamedTuple):
  """What is trained once, whatever the rows that show it.

  Attributes:
    name: of its directory under the runs folder.
    config: a `ConfigDict` with one replicate.
    experiment: built from it.
    sources: names of the members that it starts from.
    after: names of all members that must have ended before.
  """

  name: str
  config: Any
  experiment: Experiment
  sources: frozenset[str]
  after: frozenset[str]

  @property
  def family(self) -> Hashable:
    """Equal for members that share their compiled programs."""
    return population.family(self.experiment)


class Cell(NamedTuple):
  """A row's member with one seed.

  Attributes:
    row: of the table.
    seed: of the member.
    member: its name; '' where the config was refused.
    error: why it was.
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
    """The cell of a row and seed."""
    return next(c for c in self.cells if (c.row, c.seed) == (row, seed))


def expand(study: Study, runs_dir: str | os.PathLike[str]) -> Expanded:
  """Builds every member of a study; nothing is written.

  Args:
    study: what to run.
    runs_dir: the members' directories are, or will be, in it.

  Raises:
    ValueError: the study is wrong; a config that is refused is not, but
      an error in its cell.
  """
  check.check(study)
  maker = _Maker(study, workdir.local(runs_dir))
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
  """Makes cells run by run, those of sources first."""

  def __init__(self, study: Study, runs_dir: pathlib.Path):
    self._study = study
    self._runs_dir = runs_dir
    self.members: dict[str, Member] = {}
    self.made: dict[tuple[Row, int], Cell] = {}

  def cells(self, run: Run) -> Iterator[Cell]:
    try:
      base = config_files.load_config(run.config)
    except ValueError as error:
      raise ValueError(f'study.runs[{run.name!r}].config: {error}') from None
    _check_fields(run, base)
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
    changes = {**run.overrides, **dict(row.point)}
    sources = set()
    for field, value in changes.items():
      other = pairing.source(value)
      if other is not None:
        where = f'study.runs[{run.name!r}]'
        found = pairing.match(self._study, row, other, where)
        source = self.made[found, seed]
        if source.error:
          return Cell(row, seed, '', f'starts from {other}: {source.error}')
        changes[field] = BESIDE + source.member
        sources.add(source.member)
    config = _changed(base, changes, seed)
    try:
      experiment = build(config)
      abstract_state(experiment)  # A method's init may refuse, too.
    except ValueError as error:
      return Cell(row, seed, '', ' '.join(str(error).split()))
    name = self._directory(experiment.config)
    if name not in self.members:
      self.members[name] = Member(
        name, config, experiment, frozenset(sources), frozenset(sources | after)
      )
    return Cell(row, seed, name)

  def _directory(self, settled: Plain) -> str:
    """The directory that holds this config, or the first that is free."""
    name = member_name(settled)
    number = re.compile(re.escape(name) + r'(-\d+)?')
    there = {p.name for p in self._runs_dir.glob(f'{name}*')}
    there = {n for n in there if workdir.begun(self._runs_dir / n)}
    known = there | self.members.keys()
    for taken in sorted(n for n in known if number.fullmatch(n)):
      if not identity.differences(self._stored(taken), settled):
        return taken
    suffix = 1
    while (free := f'{name}-{suffix}' if suffix > 1 else name) in known:
      suffix += 1
    return free

  def _stored(self, name: str) -> Plain:
    if name in self.members:
      return self.members[name].experiment.config
    return workdir.read_config(self._runs_dir / name)


def member_name(settled: Plain) -> str:
  """'digits-mlp-rigl-sparse-0.98-seed3-1a2b3c4d', of a settled config.

  Unlike configs have unlike names, but for defaults that have changed since
  (and for what eight hex digits cannot tell apart).
  """
  init = _word(settled['init']['name'])
  parts = [
    _word(settled['data']['name']),
    _word(settled['model']['name']),
    _word(settled['updater']['name']),
    *([] if init == 'dense' else [init]),
    f'{settled["updater"]["sparsity"]:g}',
    f'seed{settled["seed"]}',
    identity.digest(settled)[:8],
  ]
  return '-'.join(parts)


def _word(name: Any) -> str:
  text = name if isinstance(name, str) else name.__name__
  return re.sub(r'[^A-Za-z0-9_]+', '_', text.rsplit('.', 1)[-1])


def _check_fields(run: Run, base: Any) -> None:
  """Raises if a field of the study is none of any config."""
  names = {
    section: base[section]['name']
    for section in config_lib.SECTIONS
    if section in base
  }
  complete = config_lib.plain(config_lib.default_config(**names))
  del complete['made_for']
  accepted = set(flat(complete)) | set(flat(config_lib.plain(base)))
  for section in config_lib.SECTIONS:
    for name in config_lib.names(section):
      brought = config_lib.hyperparameters(section, name)
      accepted |= {f'{section}.{field}' for field in brought}
  for place in ('overrides', 'grid'):
    for field in getattr(run, place):
      if field not in accepted and not _may_bring(field, run):
        raise ValueError(
          f'study.runs[{run.name!r}].{place}: {field!r} is no field of a'
          f' config.{paths.nearest(field, accepted)}'
        )


def _may_bring(field: str, run: Run) -> bool:
  """Whether `field` may be one of a function that the run itself names."""
  section = field.partition('.')[0]
  named = f'{section}.name'
  return (
    section in config_lib.SECTIONS
    and '.' in field
    and (named in run.overrides or named in run.grid)
  )


def _changed(base: Any, changes: Mapping[str, Any], seed: int) -> Any:
  """A copy of `base` with those fields set; `resolve` checks their values."""
  config = base.copy_and_resolve_references()
  lengths = [name for name in _LENGTHS if name in changes]
  with config.unlocked(), config.ignore_type():
    if len(lengths) == 1:  # The one that is said here wins.
      config.update(dict.fromkeys(_LENGTHS))
    for field, value in changes.items():
      *sections, last = field.split('.')
      target = config
      for section in sections:
        target = target[section]
      target[last] = value
    config.seed, config.replicates = seed, 1
  return config
