"""The loss landscape between solutions in Evci et al. 2020, on MNIST.

A barrier separates a static sparse solution from a pruned one, also along
curves that are fitted among sparse nets, but not along a curve through dense
nets; and RigL, started from the static solution, leaves the minimum that static
training stays in.

**Deviations**: LeNet-300-100 at 98 % (ERK) for six epochs, where the paper has
ResNet-50 on ImageNet at 80 %.
"""

from jaxsparse.claims import (
  Bound,
  Difference,
  Ordering,
)
from jaxsparse.studies.spec import Analysis, Curves, Run, Study

_CONFIGS = 'mnist/lenet_300_100'
_STEPS = 3600
_LOSS = f'probe_loss@{_STEPS}'
_SHARED = {'gradient_flow.interval': 600, 'gradient_flow.probe_size': 10_000}
# Without the seed of the pruned net that they are compared with, so that the
# initial weights differ.
_OTHERS = (1, 2, 3)
# Nats; lower rises are no barrier.
_FLAT = 0.05


def barriers(*, examples: int = 10_000, steps: int = 2000) -> Study:
  """Builds the study of paths from static to pruned solutions, and of escapes.

  Args:
    examples: of the training split, on which losses of paths are measured.
    steps: of each fit of a curve.
  """
  return Study(
    title='LeNet-300-100 on MNIST at 98 %: barriers before pruned solutions',
    source=(
      'after Evci et al. 2020, Rigging the Lottery: its figure of the loss'
      ' landscape, whose net is ResNet-50 and which prints no numbers'
    ),
    runs=(
      Run('pruned', f'{_CONFIGS}:gmp', _SHARED, seeds=(0,)),
      Run(
        'static', f'{_CONFIGS}:static', _SHARED, seeds=_OTHERS, label='Static'
      ),
      _again('static'),
      _again('rigl'),
    ),
    metrics=(
      'test_accuracy',
      _LOSS,
      *(
        f'{number}_{path}'
        for number in ('highest', 'climb')
        for path in ('linear', 'quadratic', 'cubic', 'dense_quadratic')
      ),
    ),
    figures=(Curves('probe_loss', log=True), Curves('eval_accuracy')),
    analyses=tuple(
      Analysis(
        f'{name}_to_pruned',
        (name, 'pruned@0'),
        'barrier',
        {'examples': examples, 'steps': steps},
      )
      for name in ('static', 'static_again', 'rigl_again')
    ),
    claims=(
      *(
        Bound(
          'static',
          '>=',
          _FLAT,
          metric=f'climb_{path}',
          text=f'From Static to pruning {way} there is a barrier.',
        )
        for path, way in (
          ('linear', 'on the line'),
          ('quadratic', 'on the quadratic curve among sparse nets'),
          ('cubic', 'on the cubic curve among sparse nets'),
        )
      ),
      Bound(
        'static',
        '<=',
        _FLAT,
        metric='climb_dense_quadratic',
        text='Through dense nets a quadratic curve has none.',
      ),
      Difference(
        'rigl_again',
        'static_again',
        '<=',
        0.0,
        metric=_LOSS,
        text='From the static solution RigL ends at a lower training loss.',
      ),
      Ordering(
        ('static_again', 'rigl_again'),
        text='From the static solution RigL ends at a higher accuracy.',
      ),
    ),
    notes=(
      'Static nets have starts of their own, not that of the pruned net of seed'
      ' 0. "Again" starts from the static solution of the same seed, with its'
      ' masks, and trains for the whole schedule once more. The training loss'
      ' is that of the first 10,000 examples.'
    ),
  )


def _again(method: str) -> Run:
  """Builds a run that starts from the static solution of its seed."""
  label = {'static': 'Static', 'rigl': 'RigL'}[method]
  return Run(
    f'{method}_again',
    f'{_CONFIGS}:{method}',
    _SHARED | {'init.checkpoint': '{static}'},
    seeds=_OTHERS,
    label=f'{label} from Static',
  )
