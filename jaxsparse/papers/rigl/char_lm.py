"""The character language model of Evci et al. 2020, Figure 4 (left).

The bits are only in a figure; the text has the order of the methods: pruning is
ahead of RigL, and RigL of the other sparse methods.

Beyond the paper, RigL and SET are run with each remedy for the moments of
regrown weights (`optim.regrown`), which the paper's code leaves at 0.
"""

from jaxsparse.claims import Ordering
from jaxsparse.studies.spec import Curves, Run, Study

_BITS = 'validation_bits'
_LABELS = {
  'dense': 'dense',
  'static': 'static',
  'set': 'SET',
  'rigl': 'RigL',
  'gmp': 'pruning',
}
_REMEDIES = ('age', 'seed', 'layer')


def study(configs: str, data: str, *, seeds: int = 3, notes: str = '') -> Study:
  """Builds the study of a GRU at 75 %, in bits per character: lower is better.

  Args:
    configs: prefix of the configs' names: that of a method is
      `<configs>_<method>`.
    data: name of the text in the title.
    seeds: of each run.
    notes: printed below the table.
  """
  return Study(
    title=f'Character GRU on {data} at 75 %: bits by method',
    source=(
      'Evci et al. 2020, Rigging the Lottery: Making All Tickets Winners: the'
      ' character language model, whose numbers are in a figure only'
    ),
    runs=(
      *(
        Run(method, f'{configs}:{method}', seeds=seeds, label=label)
        for method, label in _LABELS.items()
      ),
      *(
        Run(
          f'{method}_{remedy}',
          f'{configs}:{method}',
          overrides={'optimizer.regrown': remedy},
          seeds=seeds,
          label=f'{_LABELS[method]}, {remedy}',
        )
        for method in ('rigl', 'set')
        for remedy in _REMEDIES
      ),
    ),
    metrics=('test_bits', _BITS, 'sparsity', 'training_flops'),
    figures=(
      Curves('eval_bits', runs=tuple(_LABELS)),
      Curves('gradient_norm', log=True, runs=tuple(_LABELS)),
    ),
    claims=(
      Ordering(
        ('gmp', 'rigl', 'set', 'static'),
        metric=_BITS,
        text='bits: pruning < RigL < SET < static',
      ),
      *(
        Ordering((better, worse), metric=_BITS)
        for better, worse in (
          ('gmp', 'rigl'),
          ('rigl', 'set'),
          ('set', 'static'),
          ('dense', 'static'),
          *(
            (f'{method}_{remedy}', method)
            for method in ('rigl', 'set')
            for remedy in _REMEDIES
          ),
          *((f'rigl_{remedy}', f'set_{remedy}') for remedy in _REMEDIES),
        )
      ),
    ),
    notes=notes,
  )
