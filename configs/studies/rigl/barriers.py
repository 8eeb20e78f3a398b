r"""LeNet-300-100 on MNIST at 98 %: barriers between static and pruned nets.

  python -m launch.study --config=studies/rigl/barriers \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 10 members of 3,600 steps of 100
images, and 9 analyses of 3 fitted curves each: four minutes on 2 CPU cores. In
Evci et al. 2020 a barrier separates a static sparse solution from a pruned one,
also along curves that are fitted among sparse nets (where ours have none:
barriers.md), but not along a curve through dense nets; and RigL, started from
the static solution, leaves the minimum that static training stays in.
**Deviations**: ERK and six epochs, where the paper has ResNet-50 on ImageNet at
80 %.
"""

from jaxsparse.claims import Bound, Claim, Difference, Ordering, with_texts
from jaxsparse.studies.spec import Analysis, Curves, Run, Study

_CONFIG = 'mnist/lenet_300_100'
_LOSS = 'probe_loss@3600'  # Of the last step.
_SHARED = {'gradient_flow.interval': 600, 'gradient_flow.probe_size': 10_000}
_AGAIN = _SHARED | {'init.checkpoint': '{static}'}
# Without the seed of the pruned net that they are compared with, so that the
# initial weights differ.
_OTHERS = (1, 2, 3)
_RUNS = (
  Run('pruned', f'{_CONFIG}:gmp', _SHARED, seeds=(0,)),
  Run('static', f'{_CONFIG}:static', _SHARED, seeds=_OTHERS, label='Static'),
  Run(
    'static_again',
    f'{_CONFIG}:static',
    _AGAIN,
    seeds=_OTHERS,
    label='Static from Static',
  ),
  Run(
    'rigl_again',
    f'{_CONFIG}:rigl',
    _AGAIN,
    seeds=_OTHERS,
    label='RigL from Static',
  ),
)
# Nats; lower rises are no barrier.
_FLAT = 0.05
_CLAIMS: dict[str, Claim] = {
  **{
    f'From Static to pruning {way} there is a barrier.': Bound(
      'static', '>=', _FLAT, metric=f'climb_{path}'
    )
    for path, way in (
      ('linear', 'on the line'),
      ('quadratic', 'on the quadratic curve among sparse nets'),
      ('cubic', 'on the cubic curve among sparse nets'),
    )
  },
  'Through dense nets a quadratic curve has none.': Bound(
    'static', '<=', _FLAT, metric='climb_dense_quadratic'
  ),
  'From the static solution RigL ends at a lower training loss.': Difference(
    'rigl_again', 'static_again', '<=', 0.0, metric=_LOSS
  ),
  'From the static solution RigL ends at a higher accuracy.': Ordering(
    ('static_again', 'rigl_again')
  ),
}


def get_config() -> Study:
  """Returns the study."""
  return Study(
    title='LeNet-300-100 on MNIST at 98 %: barriers before pruned solutions',
    source=(
      'after Evci et al. 2020, Rigging the Lottery: its figure of the loss'
      ' landscape, whose net is ResNet-50 and which prints no numbers'
    ),
    runs=_RUNS,
    metrics=(
      *('test_accuracy', _LOSS),
      *(
        f'{number}_{path}'
        for number in ('highest', 'climb')
        for path in ('linear', 'quadratic', 'cubic', 'dense_quadratic')
      ),
    ),
    figures=(Curves('probe_loss', log=True), Curves('eval_accuracy')),
    analyses=tuple(
      # Examples of the training split; steps of each fit of a curve.
      Analysis(
        f'{name}_to_pruned',
        (name, 'pruned@0'),
        'barrier',
        {'examples': 10_000, 'steps': 2000},
      )
      for name in ('static', 'static_again', 'rigl_again')
    ),
    claims=with_texts(_CLAIMS),
    notes=(
      'Static nets have starts of their own, not that of the pruned net of seed'
      ' 0. "Again" starts from the static solution of the same seed, with its'
      ' masks, and trains for the whole schedule once more. The training loss'
      ' is that of the first 10,000 examples.'
    ),
  )
