r"""LeNet5 on MNIST at 95 %: what each start and each method ends with.

  python -m launch.study --config=configs/studies/gradient_flow/accuracy.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 60 members of 11,719 steps;
those of the other studies here are among them, so keep one RUNS for all.
"""

from jaxsparse.experiments.papers import gradient_flow
from jaxsparse.experiments.studies.spec import (
  Curves,
  Difference,
  Ordering,
  Study,
)

_PAPER = {
  'pruned': 98.30,
  'lottery': 98.52,
  'prune_restart': 98.60,
  'scratch': 97.04,
  'scratch_inits': 97.19,
}
_ROWS = (
  'dense',
  'pruned',
  'lottery',
  'prune_restart',
  'scratch',
  'scratch_inits',
  'scratch_plus',
  'set',
  'set_plus',
  'rigl',
  'rigl_plus',
  'small_dense',
)


def get_config() -> Study:
  paper = {name: {'test_accuracy': value} for name, value in _PAPER.items()}
  runs = gradient_flow.runs(gradient_flow.LENET5, _ROWS, paper)
  return Study(
    title='LeNet5 on MNIST at 95 %: accuracy by start and method',
    source=(
      'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win: the accuracy table; the numbers beside ours are'
      ' those of its table of ensembles, the only ones to be had'
    ),
    runs=runs,
    figures=(
      Curves('eval_accuracy'),
      Curves('gradient_norm', log=True),
      Curves('probe_loss', log=True),
    ),
    claims=(
      Difference(
        'lottery',
        'scratch',
        '>=',
        1.0,
        text='A ticket ends a point above a fresh start of its mask.',
      ),
      Difference(
        'lottery',
        'pruned',
        '>=',
        -0.25,
        text='A ticket ends at the accuracy of the pruned net.',
      ),
      Ordering(
        ('scratch_inits', 'scratch_plus'),
        text='The sparse init helps a fixed mask.',
      ),
      Ordering(('set', 'set_plus'), text='The sparse init helps SET.'),
      Ordering(('rigl', 'rigl_plus'), text='The sparse init helps RigL.'),
      Ordering(
        ('scratch_plus', 'rigl_plus'),
        text='Moving masks by gradient helps beyond the init.',
      ),
      Ordering(('set_plus', 'rigl_plus'), text='RigL+ ends above SET+.'),
      Ordering(
        ('small_dense', 'pruned'),
        text='A pruned net ends above a dense one of as many weights.',
      ),
    ),
    notes=(
      'Every sparse row but "pruned" starts from the masks of the pruned net of'
      ' seed 0. LT and Scratch have one start and five orders of the data, as'
      ' in the paper; the others have five starts.'
    ),
  )
