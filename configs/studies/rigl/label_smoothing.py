r"""ResNet-50 on ImageNet: RigL (ERK) with label smoothing of 0.1, and without.

  python -m launch.study --config=studies/rigl/label_smoothing \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

36 members, half of them those of `imagenet`: keep one RUNS for both;
`_nets.py` has settings and data. The authors give, with their code, 75.02,
73.4 and 70.39 % without label smoothing for RigL at 80, 90 and 95 %, and 76.17,
75.9 and 74.36 % for RigL 5x; with it 75.12 and 73.07 % (80 and 90 %), and
77.17, 76.42 and 74.63 %.
"""

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.studies.spec import Against, Study

from ._nets import METRICS, PAPER, RESNET50, SPARSITY, printed
from ._runs import label, runs, variant

_SPARSITIES = (0.8, 0.9, 0.95)
_NAMES = ('rigl_erk', 'rigl_erk_5x')
_CLAIMS: dict[str, Claim] = {
  'RigL changes little without label smoothing.': Difference(
    'rigl_erk_unsmoothed', 'rigl_erk', '>=', -0.5
  ),
  'RigL 5x ends higher with it.': Ordering(
    ('rigl_erk_5x_unsmoothed', 'rigl_erk_5x')
  ),
}


def get_config() -> Study:
  """Returns the study."""
  net = RESNET50._replace(printed=printed('label_smoothing'))
  return Study(
    title='ResNet-50 on ImageNet: RigL (ERK) without label smoothing',
    source=f"{PAPER}: the numbers with its authors' code",
    runs=(
      *runs(net, _NAMES, _SPARSITIES),
      *(
        variant(
          net,
          name,
          f'{name}_unsmoothed',
          {'label_smoothing': 0.0},
          label=f'{label(name)}, no label smoothing',
          grid={SPARSITY: _SPARSITIES},
        )
        for name in _NAMES
      ),
    ),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=with_texts(_CLAIMS),
    notes='Numbers beside ours are those of the best single checkpoints.',
  )
