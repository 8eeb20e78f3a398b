"""Specification of a study: runs, analyses on them, and their report.

All of it is plain data. A study's file under `configs/studies` has a
`get_config()` that returns a `Study`; nothing here reads a disk or imports
the configs and functions that it names.

A run with a grid makes a row of the table for each point of the grid, and
each row has a member for each seed. The member (a resolved config with its
seed) is the unit that is trained and stored; studies may have members in
common.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from jaxsparse.claims.claim import Claim
from jaxsparse.results import names, quantities
from jaxsparse.results.rows import Row


@dataclass(frozen=True)
class Run:
  """A named run: a base config, overrides of its fields, and its seeds.

  Attributes:
    name: letters, digits and underscores.
    config: the base config, by name or path, as `--config` takes it.
    overrides: dotted field -> value. A value `'{other}'` stands for the
      member of the run `other` that has the same seed and the same values of
      the grid fields that both have, and `'{other@0}'` for that of seed 0:
      where weights (`init.checkpoint`), masks (`init.masks`) or signs
      (`init.signs`) come from.
    grid: dotted field -> values; all combinations are run.
    seeds: how many, from 0, or which.
    label: its name in the report; `name` by default.
    after: runs that must be finished first, besides those in `overrides`.
    paper: metric -> the paper's number, in the metric's displayed unit. With
      a grid of one field, metric -> {value: number}; of several, the keys are
      tuples of values.
  """

  name: str
  config: str
  overrides: Mapping[str, Any] = field(default_factory=dict)
  grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
  seeds: int | tuple[int, ...] = 5
  label: str = ''
  after: tuple[str, ...] = ()
  paper: Mapping[str, Any] = field(default_factory=dict)

  @property
  def display_name(self) -> str:
    """Name in the report: `label`, or `name` where that is empty."""
    return self.label or self.name

  def rows(self) -> tuple[Row, ...]:
    """Returns a row for each point of the grid, the last field fastest."""
    points = itertools.product(*self.grid.values())
    return tuple(
      Row(self.name, tuple(zip(self.grid, values, strict=True)))
      for values in points
    )

  def seed_list(self) -> tuple[int, ...]:
    """Returns the seeds, each once, in order."""
    return (
      tuple(range(self.seeds))
      if isinstance(self.seeds, int)
      else tuple(self.seeds)
    )

  def paper_value(self, row: Row, metric: str) -> float | None:
    """Returns the paper's number for a row; `None` if it printed none."""
    printed = self.paper.get(metric)
    if not isinstance(printed, Mapping):
      return printed
    values = tuple(value for _, value in row.point)
    return printed.get(values[0] if len(values) == 1 else values)


@dataclass(frozen=True)
class Analysis:
  """A measurement on finished members; its numbers join those of a row.

  Its figure is in the report too, after those of `Study.figures`; analyses of
  one function have one figure together.

  Attributes:
    name: letters, digits and underscores.
    of: runs; the numbers belong to the rows of the first. Each of the others
      contributes the member with the same seed and the same values of common
      grid fields; 'pruned@0' the one with seed 0 whatever the seed, 'ticket*'
      one of each level, 'ticket<dense' that of the level before, or of
      `dense` before the first. As the first, 'pruned@0' limits the analysis
      to that seed.
    function: a name in `jaxsparse.analyses`, a dotted path or
      a function: see `analyses.harness.result`. It is called once a member of
      the first run, with one path for each of `of`.
    options: for the function.
    drawn: whether its figure is in the report, which has a line a row.
    pooled: whether it is called once a row, with the paths of all seeds that
      finished for each of `of` (of one for 'pruned@0'). Its result is one
      number for the row, which has an interval only if the function returns
      the jackknife's parts. For functions of pools, and for those alone.
  """

  name: str
  of: tuple[str, ...]
  function: Any
  options: Mapping[str, Any] = field(default_factory=dict)
  pooled: bool = False
  drawn: bool = True


class Figure:
  """The base of the kinds of figures, which are frozen dataclasses.

  A kind is drawn by its method `draw(results)`, which returns a `Drawn`, or
  `None` without a value to show; those below by the modules of their names in
  `jaxsparse.report.figures`. Its fields `runs`, `grid_field` and `at` and those
  that hold the names of metrics are checked before anything runs.

  Attributes:
    metric_fields: the fields that hold names of metrics.
  """

  metric_fields: ClassVar[tuple[str, ...]] = ()

  def metrics(self) -> tuple[str, ...]:
    """Returns the names of the metrics that it draws."""
    return tuple(getattr(self, field) for field in self.metric_fields)

  def check(self, where: str) -> None:
    """Raises `ValueError`, which names the field after `where`, if it must."""


@dataclass(frozen=True)
class Curves(Figure):
  """A figure of a recorded entry against the step, one line a row.

  Attributes:
    entry: of `metrics.jsonl` (`eval_accuracy`, `gradient_norm` ...), or the
      difference of two, `a-b`.
    log: whether the y axis is logarithmic.
    runs: those that are drawn; all by default.
    last_step: the last that is drawn; all by default.
  """

  entry: str = 'eval_accuracy'
  log: bool = False
  runs: tuple[str, ...] = ()
  last_step: int | None = None
  metric_fields = ('entry',)

  def check(self, where: str) -> None:
    if quantities.parse(self.entry).steps:
      raise ValueError(
        f'{where}.entry: got {self.entry!r}; accepted is an entry without steps'
      )
    last = self.last_step
    if last is not None and (type(last) is not int or last < 1):
      raise ValueError(
        f'{where}.last_step: got {last!r}; accepted is 1 or more, or None'
      )


@dataclass(frozen=True)
class Against(Figure):
  """A figure of a metric against a field of the grid, one line a run.

  Runs without the field (dense, say) are drawn as level lines.

  Attributes:
    grid_field: whose values are on the x axis.
    metric: on the y axis.
    runs: those that are drawn; all by default.
    log: whether the y axis is logarithmic.
    at: other field of the grid -> value: where it is drawn; at each point by
      default, one line a point.
  """

  grid_field: str
  metric: str = 'test_accuracy'
  runs: tuple[str, ...] = ()
  log: bool = False
  at: Mapping[str, Any] = field(default_factory=dict)
  metric_fields = ('metric',)


@dataclass(frozen=True)
class Along(Figure):
  """A figure of a metric along another, one line a run through its rows.

  Attributes:
    x: the metric on the x axis, which is logarithmic, falling.
    y: the metric on the y axis.
    runs: those that are drawn; all by default.
  """

  x: str = 'active_weights'
  y: str = 'test_accuracy'
  runs: tuple[str, ...] = ()
  metric_fields = ('x', 'y')


@dataclass(frozen=True)
class Scatter(Figure):
  """A figure of a metric against another, one marker a member.

  Attributes:
    x: the metric on the x axis.
    y: the metric on the y axis.
    runs: those that are drawn; all by default.
  """

  x: str
  y: str = 'test_accuracy'
  runs: tuple[str, ...] = ()
  metric_fields = ('x', 'y')


@dataclass(frozen=True)
class Densities(Figure):
  """A figure of the density of each layer against the step, one panel a row.

  For methods that move weights between layers; a claim on a layer has the
  metric `layer_sparsity.LEAF`.

  Attributes:
    runs: those that are drawn; all by default.
  """

  runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
  """Runs, and the content of their report.

  Attributes:
    title: of the report.
    source: the paper, and which of its tables or figures this is.
    runs: with names that differ.
    metrics: the columns of the table, named as in `results.quantities`.
    across: a grid field whose values become groups of columns, as in a table
      of methods against sparsities; '' for one row a point.
    figures: in the report, in this order.
    claims: judged by the report, in this order.
    analyses: made when the members they need are finished.
    notes: printed below the table: deviations, what the data are.
  """

  title: str
  runs: tuple[Run, ...]
  source: str = ''
  metrics: tuple[str, ...] = ('test_accuracy',)
  across: str = ''
  figures: tuple[Figure, ...] = (Curves(),)
  claims: tuple[Claim, ...] = ()
  analyses: tuple[Analysis, ...] = ()
  notes: str = ''

  def run(self, name: str) -> Run:
    """Returns the run of that name."""
    return next(run for run in self.runs if run.name == name)

  def rows(self) -> tuple[Row, ...]:
    """Returns the rows of all runs, in order."""
    return tuple(row for run in self.runs for row in run.rows())

  def row_name(self, row: Row) -> str:
    """Returns the name of a row: 'RigL, sparsity 98 %'."""
    return names.row_name(self.run(row.run).display_name, row.point)

  def metric_names(self) -> tuple[str, ...]:
    """Returns the metrics of the table, of figures, and of claims."""
    drawn = [name for figure in self.figures for name in figure.metrics()]
    judged = [claim.metric for claim in self.claims]
    return tuple(dict.fromkeys((*self.metrics, *drawn, *judged)))
