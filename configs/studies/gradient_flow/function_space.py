r"""LeNet5 on MNIST at 95 %: how alike the functions are that runs end with.

  python -m launch.study \
    --config=configs/studies/gradient_flow/function_space.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. The runs are among those of
the study `accuracy`, so keep one RUNS for both.
"""

from jaxsparse.experiments.papers import gradient_flow
from jaxsparse.experiments.studies.spec import (
  Analysis,
  Bound,
  Ordering,
  Study,
)

_ROWS = ('lottery', 'scratch', 'scratch_inits', 'prune_restart', 'pruned')
_OTHERS = _ROWS[:-1]
_PAPER = {
  'lottery': (98.52, 98.58, 0.0043, 0.0089),
  'scratch': (97.04, 98.00, 0.0316, 0.0278),
  'scratch_inits': (97.19, 98.43, 0.0352, 0.0278),
  'prune_restart': (98.60, 98.63, 0.0027, 0.0077),
  'pruned': (98.30, 99.07, 0.0214, None),
}
_METRICS = (
  'test_accuracy',
  'ensemble_accuracy',
  'pairwise_disagreement',
  'disagreement',
)


def get_config() -> Study:
  paper = {
    name: {
      metric: value
      for metric, value in zip(_METRICS, values, strict=True)
      if value is not None
    }
    for name, values in _PAPER.items()
  }
  return Study(
    title='LeNet5 on MNIST at 95 %: ensembles and disagreement',
    source=(
      'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win: the table of ensembles and prediction'
      ' disagreement, LeNet5'
    ),
    runs=gradient_flow.runs(gradient_flow.LENET5, _ROWS, paper),
    metrics=(*_METRICS, 'ensemble_gain'),
    figures=(),
    analyses=(
      *(
        Analysis(f'{name}_against_pruned', (name, 'pruned@0'), 'disagreement')
        for name in _OTHERS
      ),
      *(
        Analysis(f'{name}_ensemble', (name,), 'ensemble', pooled=True)
        for name in _ROWS
      ),
    ),
    claims=(
      Ordering(
        ('lottery', 'scratch'),
        metric='disagreement',
        text='A ticket disagrees less with the pruned net than Scratch does.',
      ),
      Bound(
        'lottery',
        '<=',
        0.0278 / 2,
        metric='disagreement',
        text="A ticket's disagreement is under half of the paper's Scratch.",
      ),
    ),
    notes=(
      'All tickets and scratch nets have the masks of the pruned net of seed 0;'
      ' `disagreement` is with that net. An ensemble is the mean of the'
      ' probabilities of the five nets of a row. The paper compares the other'
      ' four pruned nets with it, too: 0.0197.'
    ),
  )
