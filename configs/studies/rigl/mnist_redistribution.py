r"""LeNet-300-100 on MNIST at 98 %: what moving weights between layers does.

  python -m launch.study --config=studies/rigl/mnist_redistribution \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 30 members of 3,600 steps of 100
images. All layers start at 98 %, but for those of RigL (ERK). SNFS here moves
weights between layers, as in the original (Dettmers and Zettlemoyer 2019); so
do DSR (Mostafa and Wang 2019) and RigL-SG and RigL-SM, of the reproducibility
report of the RigL paper, which finds that redistribution lifts a uniform start
to where ERK is.

By gradients (SNFS, RigL-SG, RigL-SM) the last layer fills up in every seed,
which leaves the claims on it undecided, as seeds that agree have no spread.
Eight minutes of members on one CPU core; results: mnist_redistribution.md.
"""

from jaxsparse.claims import Bound, Claim, Difference, Ordering, with_texts
from jaxsparse.studies.spec import Curves, Densities, Study

from ._nets import LENET_300_100
from ._report import SOURCE
from ._runs import runs

_SEEDS = 5
_MOVING = {
  'snfs_uniform': 'SNFS',
  'dsr_uniform': 'DSR',
  'rigl_sg_uniform': 'RigL-SG',
  'rigl_sm_uniform': 'RigL-SM',
}
_FIRST, _LAST = (f'layer_sparsity.Dense_{i}/kernel' for i in (0, 2))
_CLAIMS: dict[str, Claim] = {
  **{
    f'{label} makes the last layer denser than it started.': Bound(
      run, '<=', 97.0, metric=_LAST
    )
    for run, label in _MOVING.items()
  },
  **{
    f'{label} pays for it in the first layer.': Bound(
      run, '>=', 98.1, metric=_FIRST
    )
    for run, label in _MOVING.items()
  },
  'RigL-SG lifts a net that starts uniform.': Ordering(
    ('rigl_uniform', 'rigl_sg_uniform')
  ),
  'RigL-SM lifts a net that starts uniform.': Ordering(
    ('rigl_uniform', 'rigl_sm_uniform')
  ),
  'RigL-SG ends no more than half a point below RigL (ERK).': Difference(
    'rigl_sg_uniform', 'rigl_erk', '>=', -0.5
  ),
}


def get_config() -> Study:
  """Returns the study."""
  net = LENET_300_100._replace(snfs={'updater.redistribute': True})
  return Study(
    title='LeNet-300-100 on MNIST at 98 %: weights that move between layers',
    source=f'after {SOURCE}: the table of redistribution, of larger nets',
    runs=runs(
      net, ('rigl_erk', 'rigl_uniform', *_MOVING), (0.98,), seeds=_SEEDS
    ),
    metrics=('test_accuracy', _FIRST, _LAST),
    figures=(
      Densities(('rigl_uniform', *_MOVING)),
      Curves('eval_accuracy'),
    ),
    claims=with_texts(_CLAIMS),
    notes='All layers of "uniform" nets start at 98 %.',
  )
