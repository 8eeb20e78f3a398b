"""MNIST in Evci et al. 2020, appendix B: LeNet-300-100.

Sparsities by layer are those of the authors' code: S, 0.9 S, and the last
layer dense.

**Deviations**: RigL+ has the hidden units that remained after the paper's
compression of RigL, not after ours: a net is planned before the first stage is
trained. It may read all 784 pixels, where the paper's reads the 408 that
remained, and has as many weights on all as 96 % sparsity of the 408 would have.
These settings, the defaults of the code, do not reproduce the paper's count of
training FLOPs. Mask steps of the short runs begin at 100 and not at 0.
"""

from jaxsparse.claims import Bound, Ordering
from jaxsparse.papers.rigl import claims, printed
from jaxsparse.papers.rigl.rows import Net, Row
from jaxsparse.papers.rigl.runs import runs, variant
from jaxsparse.studies.spec import Analysis, Curves, Run, Study

_SOURCE = 'Evci et al. 2020, Rigging the Lottery, appendix B'
_METRICS = ('test_accuracy', 'sparsity', 'inference_flops', 'training_flops')
NET = Net(
  configs='mnist/lenet_300_100',
  spreads={
    'erk': {'updater.distribution': 'erk'},
    # Of S = 0.99.
    'layers': {
      'updater.distribution': 'uniform',
      'updater.layers': ('Dense_1/kernel=0.891', 'Dense_2/kernel=0'),
    },
  },
)
_EPOCH = 600
# The defaults of the authors' code, where the rate of dense nets falls at other
# epochs.
_LONG = NET._replace(
  printed=printed.MNIST,
  overrides={
    'num_epochs': 200.0,
    'optimizer.boundaries': (75 / 200, 95 / 200),
    'eval.interval': 10 * _EPOCH,
    'gradient_flow.interval': 0,
  },
  moving={'updater.start_step': 0, 'updater.stop_step': 50_000},
)
_DENSE = _LONG._replace(
  overrides={
    **_LONG.overrides,
    'optimizer.boundaries': (60 / 200, 70 / 200, 80 / 200),
    'optimizer.scales': (1 / 3, 1 / 9, 1 / 27),
  },
)
_COMPRESSED = (
  *('inputs_left', 'units_left_1', 'units_left_2'),
  *('compressed_sparsity', 'compressed_flops', 'compressed_bytes'),
)
_METHODS = ('static', 'set', 'rigl')
# RigL+, at 96 and 86 % of 408-100-69. The active weights of the 40,800 of its
# first layer, 1,632, are 2.081 % of the weights on all pixels.
_PLUS = {
  'model.features': (100, 69),
  'updater.sparsity': 0.97919,
  'updater.layers': ('Dense_1/kernel=0.86', 'Dense_2/kernel=0'),
}


def short() -> Study:
  """Builds the study of every method for six epochs, in minutes."""
  erk = tuple(Row(m, 'erk') for m in (*_METHODS, 'snfs', 'gmp'))
  by_layer = tuple(Row(m, 'layers') for m in _METHODS)
  return Study(
    title='LeNet-300-100 on MNIST: method by method, 6 epochs',
    source=f'after {_SOURCE}, whose runs have 200 epochs: none of its numbers',
    runs=(
      *runs(NET, (Row('dense'), *erk), (0.98,), seeds=8),
      *runs(NET, by_layer, (0.99,), seeds=8),
    ),
    metrics=_METRICS,
    figures=(Curves('eval_accuracy'),),
    claims=claims.MNIST,
    notes=(
      'By layer: 99 %, 89.1 % and the last layer dense, the sparsities that the'
      " authors' code has for this net."
    ),
  )


def table() -> Study:
  """Builds the study of the dense net, RigL and RigL+: 200 epochs."""
  return Study(
    title='LeNet-300-100 on MNIST: 200 epochs',
    source=f'{_SOURCE}: the table of its nets',
    runs=(
      *runs(_DENSE, (Row('dense'),), ()),
      *runs(_LONG, (Row('rigl', 'layers'),), (0.99,)),
      _plus(),
    ),
    metrics=(*_METRICS, *_COMPRESSED),
    figures=(Curves('eval_accuracy'),),
    analyses=(
      Analysis('compressed', ('rigl_layers',), 'compression'),
      Analysis('compressed_plus', ('rigl_plus',), 'compression'),
    ),
    claims=(
      Bound(
        'rigl_layers',
        '>=',
        98.4,
        text='RigL ends at an error of at most 1.6 %.',
      ),
      Bound(
        'rigl_layers',
        '<=',
        500,
        metric='inputs_left',
        text='It reads little more than half of the 784 pixels, if that.',
      ),
      Ordering(
        ('rigl_plus', 'rigl_layers'),
        metric='compressed_bytes',
        text='RigL+ is compressed to fewer bytes than RigL.',
      ),
    ),
    notes=(
      'What is left once pixels and units are gone that nothing enters or'
      ' leaves: inputs, units of both hidden layers, sparsity, FLOPs (twice the'
      ' multiply-adds) and bytes. RigL+ starts afresh, with new weights and'
      ' masks, at the widths that the paper has left of RigL.'
    ),
  )


def _plus() -> Run:
  return variant(
    _LONG,
    Row('rigl', 'layers'),
    'rigl_plus',
    _PLUS,
    label='RigL+',
    paper=printed.MNIST_PLUS,
  )
