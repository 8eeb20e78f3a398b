"""Initial values of grown weights: Evci et al. 2020, section 3(4), on MNIST.

The paper grows weights at 0 and reports that random values, and values along
the gradient, were no better.

**Deviations**: LeNet-300-100 at 98 % (ERK) for six epochs; the paper names
neither its net nor the size of its values. Random values here have the standard
deviation of the layer's weights, a tenth of it, or that of the sparse
initialisation; those along the gradient have its size.
"""

from jaxsparse.claims import Difference
from jaxsparse.papers.rigl.mnist import NET
from jaxsparse.papers.rigl.rows import Row
from jaxsparse.papers.rigl.runs import SPARSITY, runs, variant
from jaxsparse.studies.spec import Curves, Run, Study

# Arguments of `updater` -> label.
_STARTS = {
  ('normal', 1.0): 'random, as spread as the layer',
  ('normal', 0.1): 'random, a tenth as spread as the layer',
  ('sparse', 1.0): 'random, as in the sparse initialisation',
  ('gradient', 1.0): 'along the gradient',
}
_ZEROS = Row('rigl', 'erk')
_SPARSITY = 0.98
_SEEDS = 8
# Points of test accuracy; lower differences are no gain.
_GAIN = 0.2


def starts() -> Study:
  """Builds the study of RigL with growth at 0, at random, or by gradient."""
  return Study(
    title='LeNet-300-100 on MNIST at 98 %: where grown weights start',
    source=(
      'after Evci et al. 2020, Rigging the Lottery, section 3(4), which prints'
      ' no numbers of it'
    ),
    runs=(
      *runs(NET, (_ZEROS,), (_SPARSITY,), seeds=_SEEDS),
      *(_started(*start) for start in _STARTS),
    ),
    metrics=('test_accuracy', 'mask_churn'),
    figures=(Curves('eval_accuracy'),),
    claims=tuple(
      Difference(
        _name(*start),
        _ZEROS.name,
        '<=',
        _GAIN,
        text=f'{label}: no gain of {_GAIN:g} points over 0.',
      )
      for start, label in _STARTS.items()
    ),
    notes='RigL (ERK) is the one whose grown weights start at 0.',
  )


def _name(way: str, scale: float) -> str:
  """Returns the name of a run: 'from_normal', 'from_normal_0_1'."""
  return f'from_{way}' + ('' if scale == 1 else f'_{scale:g}'.replace('.', '_'))


def _started(way: str, scale: float) -> Run:
  return variant(
    NET,
    _ZEROS,
    _name(way, scale),
    {'updater.grow_init': way, 'updater.grow_scale': scale},
    label=f'RigL, {_STARTS[way, scale]}',
    grid={SPARSITY: (_SPARSITY,)},
    seeds=_SEEDS,
  )
