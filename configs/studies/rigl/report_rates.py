r"""WRN-22-2 on CIFAR-10 at 80 %: learning rates of RigL, and of the dense net.

  python -m launch.study --config=studies/rigl/report_rates \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

108 members. Four rates, by drop fraction and interval: the report finds 0.1 and
0.05 near the best everywhere, as for the dense net, and that more than 0.1
diverges; its accuracies are in figures.

**Deviations**: those of `_report.py`, which has settings and data. The grid is
at 80 %, the default of the report's code; its figures at other sparsities are
not known to us. Rates above 0.1 are left out.
"""

from jaxsparse.claims import Trend
from jaxsparse.studies.spec import Against, Run, Study

from . import _report
from ._nets import SPARSITY, Overrides
from ._runs import label, variant
from .report_tuning import moved

_RATE = 'optimizer.learning_rate'
# Drop fractions with their intervals.
_PAIRS = ((0.3, 100), (0.4, 200), (0.4, 500), (0.5, 750))


def get_config() -> Study:
  """Returns the study."""
  runs = (
    _rated('dense', 'dense', 'dense', {}),
    *(
      _rated(
        base,
        f'{base}_{100 * fraction:g}_{interval}',
        f'{label(base)}, {fraction:g} every {interval}',
        {SPARSITY: 0.8, **moved(fraction, interval)},
      )
      for base in ('rigl_uniform', 'rigl_erk')
      for fraction, interval in _PAIRS
    ),
  )
  return Study(
    title='WRN-22-2 on CIFAR-10 at 80 %: learning rates of RigL',
    source=f'{_report.SOURCE}: the figures of learning rates',
    runs=runs,
    metrics=('test_accuracy', 'validation_accuracy'),
    across=_RATE,
    figures=(Against(_RATE),),
    claims=tuple(
      Trend(
        run.name,
        along=_RATE,
        direction='rises',
        text=f'{run.label}: of these rates the larger are the better.',
      )
      for run in runs
    ),
    notes=_report.DATA,
  )


def _rated(base: str, name: str, label: str, own: Overrides) -> Run:
  net = _report.CIFAR10._replace(printed={})
  rates = (0.005, 0.01, 0.05, 0.1)
  return variant(net, base, name, own, label=label, grid={_RATE: rates})
