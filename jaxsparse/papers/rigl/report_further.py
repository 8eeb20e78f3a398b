"""Tables of the RigL paper's reproducibility report beyond its main ones.

Training on all images, beside the paper's own numbers, and RigL on whole slices
of convolutions.

**Deviations**: those of `report`. The report does not say how its steps change
where no image is held out: here a run has the same 250 epochs, and the falls of
the rate stay where they are, so that the third comes into it, as in the paper;
masks move for three quarters of it again. Of slices one a layer is cut short,
so that counts are met; the first convolution of a uniform net is dense there,
too, and paid for by the others, as the classifier is.
"""

from jaxsparse.claims import Bound, Claim
from jaxsparse.papers.rigl import claims, report, reported
from jaxsparse.papers.rigl.rows import Net, Row
from jaxsparse.papers.rigl.runs import METRICS, SPARSITY, runs
from jaxsparse.studies.spec import Against, Study

_STEPS = 97_656
_FULL = report.CIFAR10._replace(
  printed=reported.FULL,
  # The paper's recipe, as in the configs.
  overrides={},
  moving={**report.CIFAR10.moving, 'updater.stop_step': 3 * _STEPS // 4},
  pruned={
    **report.CIFAR10.pruned,
    'updater.stop_step': 3 * _STEPS // 4,
    'optimizer.boundaries': tuple(
      step / 97.656 for step in (33.52, 63.52, 93.52)
    ),
  },
)


def full() -> Study:
  """Builds the study of WRN-22-2 on all of CIFAR-10 (both papers' numbers)."""
  rows = (
    Row('dense'),
    Row('static', 'erk'),
    Row('gmp', 'global'),
    Row('rigl', 'erk'),
  )
  sparsities = (0.5, 0.8, 0.9)
  original = '; '.join(
    f'{row.label} {_listed(numbers["test_accuracy"])}'
    for row, numbers in reported.FULL_ORIGINAL.items()
  )
  return Study(
    title='WRN-22-2 on CIFAR-10: all images, in the reproducibility report',
    source=f'{report.SOURCE}: the table of runs without a validation split',
    runs=runs(_FULL, rows, sparsities),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=(*claims.ABOVE_STATIC, *map(_as_original, sparsities)),
    notes=(
      f'{report.DATA} The numbers beside ours are those of the report; Evci et'
      f' al. 2020 have, as it quotes them, {original}.'
    ),
  )


def _listed(accuracy: float | dict[float, float]) -> str:
  """Formats accuracies: '94.2, 92.9, 91.6 % at 50, 80, 90 %'."""
  if isinstance(accuracy, float):
    return f'{accuracy:g} %'
  at = ', '.join(f'{100 * sparsity:g}' for sparsity in accuracy)
  return f'{", ".join(f"{a:g}" for a in accuracy.values())} % at {at} %'


def _as_original(sparsity: float) -> Claim:
  """Returns the claim that RigL is within 0.1 of the original paper's number.

  The report claims this of its numbers.
  """
  paper = reported.FULL_ORIGINAL[Row('rigl', 'erk')]['test_accuracy'][sparsity]
  return Bound(
    'rigl_erk',
    '>=',
    round(paper - 0.1, 1),
    at={SPARSITY: sparsity},
    text=(
      f'At {100 * sparsity:g} % RigL ends no more than 0.1 points below the'
      f" paper's {paper:g}."
    ),
  )


def structured(net: Net, name: str) -> Study:
  """Builds the study of RigL on slices, with RigL and a small dense net.

  Args:
    net: `report.CIFAR10` or `report.CIFAR100`.
    name: of the net, for the title.
  """
  rows = (
    Row('small_dense'),
    *(Row(m, s) for s in report.SPREADS for m in ('rigl', 'structured')),
  )
  return Study(
    title=f'{name}: RigL on whole slices of convolutions',
    source=f'{report.SOURCE}: the table of structured sparsity',
    runs=runs(net, rows, (0.8, 0.9)),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=claims.STRUCTURED,
    notes=(
      f'{report.DATA} A slice is the h x w taps of one input and one output'
      ' channel, and its score is the mean over it. The classifier is dense,'
      ' and the convolutions are so much sparser that the whole is as sparse'
      ' as asked.'
    ),
  )
