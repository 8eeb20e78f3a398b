r"""LeNet5 on MNIST at 95 %: whether a barrier lies before the pruned net.

  python -m launch.study --config=configs/studies/gradient_flow/landscape.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. The runs are among those of
the study `accuracy`, so keep one RUNS for both.
"""

from jaxsparse.experiments.papers import gradient_flow
from jaxsparse.experiments.studies.spec import Analysis, Bound, Study

_ROWS = ('lottery', 'scratch', 'scratch_inits')
_PAPER = {
  'lottery': {'middle_loss_from_start': 1.515, 'middle_loss_from_end': 0.042},
  'scratch': {'middle_loss_from_start': 1.898, 'middle_loss_from_end': 1.848},
}


def get_config() -> Study:
  return Study(
    title='LeNet5 on MNIST at 95 %: the way to the pruned solution',
    source=(
      'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win: the figures of interpolation and of distances'
    ),
    runs=gradient_flow.runs(gradient_flow.LENET5, ('pruned', *_ROWS), _PAPER),
    metrics=(
      'climb_from_end',
      'middle_loss_from_end',
      'middle_loss_from_start',
      'distance_at_start',
      'distance_at_end',
    ),
    figures=(),
    analyses=(
      *(
        Analysis(f'{name}_line', (name, 'pruned@0'), 'interpolation')
        for name in _ROWS
      ),
      *(
        Analysis(f'{name}_distance', (name, 'pruned@0'), 'distances')
        for name in _ROWS
      ),
      Analysis('map', (*_ROWS, 'pruned@0'), 'distance_map', pooled=True),
    ),
    claims=(
      Bound(
        'lottery',
        '<=',
        0.02,
        metric='climb_from_end',
        text='No barrier lies between a ticket and the pruned solution.',
      ),
      Bound(
        'scratch',
        '>=',
        1.0,
        metric='climb_from_end',
        text='From Scratch a barrier of over 1 nat lies before it.',
      ),
    ),
    notes=(
      'Training loss in nats on all 60,000 images; `climb_from_end` is how far'
      ' it rises, on the line from the end of a run to the pruned solution,'
      ' above the worse of the two ends. Distances are L2, over all weights.'
    ),
  )
