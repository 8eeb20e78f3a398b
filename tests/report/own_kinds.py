"""Kinds of claims and figures of a user's own, in a file of theirs."""

import math
from dataclasses import dataclass

from jaxsparse.claims import Claim
from jaxsparse.claims.estimates import Estimate
from jaxsparse.plotting import panels
from jaxsparse.plotting.panels import Drawn
from jaxsparse.results import metrics
from jaxsparse.studies.spec import Figure


@dataclass(frozen=True)
class Worst(Claim):
  """The worst seed of `run` has at least `value`."""

  run: str
  value: float

  def named_runs(self):
    return {'run': (self.run,)}

  def words(self, label):
    return f'every seed of {label(self.run)} has {self.value:g} {self.unit}'

  def estimates(self, samples, label):
    ((_, sample),) = samples
    worst = min(sample.values, default=math.nan)
    outcome = 'holds' if worst >= self.value else 'fails'
    name = f'worst of {label(self.run)}'
    return [Estimate(name, None, self.quantity.text(worst), outcome)]


@dataclass(frozen=True)
class Best(Figure):
  """The best seed of each row."""

  metric: str
  metric_fields = ('metric',)

  def draw(self, results):
    figure, ax = panels.single()
    rows = results.study.rows()
    ax.bar(
      [results.study.row_name(row) for row in rows],
      [max(metrics.values(results.of(row), self.metric)) for row in rows],
    )
    return Drawn('best', 'Best seeds', 'A bar is a row.', 'Chart.', figure)
