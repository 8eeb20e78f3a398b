"""Tuned hyperparameters of the RigL paper's reproducibility report, CIFAR-10.

Drop fraction and update interval by a search, whose results are trained here;
and learning rates on a grid.

**Deviations**: those of `report`. The grid is at 80 %, the default of the
report's code; its figures at other sparsities are not known to us. Rates above
0.1, which diverge according to the report, are left out.
"""

from collections.abc import Iterable

from jaxsparse.claims import Trend
from jaxsparse.papers.rigl import report, reported
from jaxsparse.papers.rigl.rows import Net, Overrides, Row
from jaxsparse.papers.rigl.runs import SPARSITY, runs, variant
from jaxsparse.studies.spec import Against, Run, Study

RATE = 'optimizer.learning_rate'
_RATES = (0.005, 0.01, 0.05, 0.1)
# Drop fractions with their intervals.
_PAIRS = ((0.3, 100), (0.4, 200), (0.4, 500), (0.5, 750))
_METRICS = ('test_accuracy', 'validation_accuracy')


def tuning() -> Study:
  """Builds the study of the tuned drop fraction and interval, and of 0.3, 100.

  The search itself is `launch.sweep --search`, by validation accuracy.
  """
  net = report.CIFAR10._replace(printed=reported.UNTUNED)
  rows = tuple(Row('rigl', spread) for spread in report.SPREADS)
  return Study(
    title='WRN-22-2 on CIFAR-10: RigL tuned',
    source=f'{report.SOURCE}: the table of tuned hyperparameters',
    runs=(*runs(net, rows, (0.5, 0.8, 0.9)), *_tuned(net)),
    metrics=_METRICS,
    across=SPARSITY,
    figures=(),
    notes=report.DATA,
  )


def rates() -> Study:
  """Builds the study of learning rates by drop fraction and interval, at 80 %.

  The dense net is included.
  """
  all_runs = (_rated(Row('dense'), 'dense', 'dense', {}), *_grid())
  return Study(
    title='WRN-22-2 on CIFAR-10 at 80 %: learning rates of RigL',
    source=f'{report.SOURCE}: the figures of learning rates',
    runs=all_runs,
    metrics=_METRICS,
    across=RATE,
    figures=(Against(RATE),),
    claims=tuple(
      Trend(
        run.name,
        along=RATE,
        direction='rises',
        text=f'{run.label}: of these rates the larger are the better.',
      )
      for run in all_runs
    ),
    notes=report.DATA,
  )


def _grid() -> Iterable[Run]:
  for spread in report.SPREADS:
    row = Row('rigl', spread)
    for fraction, interval in _PAIRS:
      yield _rated(
        row,
        f'{row.name}_{100 * fraction:g}_{interval}',
        f'{row.label}, {fraction:g} every {interval}',
        {SPARSITY: 0.8, **_moved(fraction, interval)},
      )


def _rated(row: Row, name: str, label: str, own: Overrides) -> Run:
  return variant(
    report.CIFAR10, row, name, own, label=label, grid={RATE: _RATES}
  )


def _tuned(net: Net) -> Iterable[Run]:
  for (spread, sparsity), tuned in reported.TUNED.items():
    fraction, interval, accuracy = tuned
    row = Row('rigl', spread)
    yield variant(
      net,
      row,
      f'tuned_{spread}_{100 * sparsity:g}',
      _moved(fraction, interval),
      label=f'{row.label}, {fraction:g} every {interval}',
      grid={SPARSITY: (sparsity,)},
      paper={'test_accuracy': {sparsity: accuracy}},
    )


def _moved(fraction: float, interval: int) -> Overrides:
  """Returns fields that make the last step of each interval a mask step."""
  return {
    'updater.drop_fraction': fraction,
    'updater.update_interval': interval,
    'updater.start_step': interval - 1,
  }
