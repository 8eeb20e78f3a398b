"""The character language model of Evci et al. 2020, Figure 4 (left).

Its bits are in a figure alone; in words the order of the methods: pruning is
ahead of RigL, and RigL of the other sparse methods.
"""

from jaxsparse.experiments.studies.claims.kinds import Ordering
from jaxsparse.experiments.studies.spec import Curves, Run, Study

_BITS = 'validation_bits'
_LABELS = {
  'dense': 'dense',
  'static': 'static',
  'set': 'SET',
  'rigl': 'RigL',
  'gmp': 'pruning',
}


def study(configs: str, data: str, *, seeds: int = 3, notes: str = '') -> Study:
  """Five ways to train a GRU at 75 %, in bits a character: fewer are better.

  Args:
    configs: what the configs' names begin with: that of a method is
      `<configs>_<method>`.
    data: what the title calls the text.
    seeds: of each run.
    notes: printed below the table.
  """
  return Study(
    title=f'Character GRU on {data} at 75 %: bits by method',
    source=(
      'Evci et al. 2020, Rigging the Lottery: Making All Tickets Winners: the'
      ' character language model, whose numbers are in a figure only'
    ),
    runs=tuple(
      Run(method, f'{configs}_{method}', seeds=seeds, label=label)
      for method, label in _LABELS.items()
    ),
    metrics=('test_bits', _BITS, 'sparsity', 'training_flops'),
    figures=(Curves('eval_bits'), Curves('gradient_norm', log=True)),
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
        )
      ),
    ),
    notes=notes,
  )
