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

from collections.abc import Mapping
from typing import Any

from jaxsparse.claims import Bound, Claim, Difference, Ordering, with_texts
from jaxsparse.studies.spec import Analysis, Curves, Run, Study

# Without the seed of the pruned net that they are compared with, so that the
# initial weights differ.
_OTHERS = (1, 2, 3)
# Nats; lower rises are no barrier.
_FLAT = 0.05
_PATHS = ('linear', 'quadratic', 'cubic', 'dense_quadratic')


def _runs(config: str, shared: Mapping[str, Any]) -> tuple[Run, ...]:
  """Builds the runs: pruned, static, and both methods from the static one."""
  again = {**shared, 'init.checkpoint': '{static}'}
  return (
    Run('pruned', f'{config}:gmp', shared, seeds=(0,)),
    Run('static', f'{config}:static', shared, seeds=_OTHERS, label='Static'),
    Run(
      'static_again',
      f'{config}:static',
      again,
      seeds=_OTHERS,
      label='Static from Static',
    ),
    Run(
      'rigl_again',
      f'{config}:rigl',
      again,
      seeds=_OTHERS,
      label='RigL from Static',
    ),
  )


def study(
  net: str,
  config: str,
  num_steps: int,
  *,
  probe_size: int,
  options: Mapping[str, Any],
) -> Study:
  """Builds the study of a net.

  Args:
    net: 'LeNet-300-100 on MNIST at 98 %'.
    config: the base config, which takes a method.
    num_steps: of each run.
    probe_size: number of examples that the training loss is measured on.
    options: of the analysis `barrier`.
  """
  loss = f'probe_loss@{num_steps}'
  shared = {
    'gradient_flow.interval': num_steps // 6,
    'gradient_flow.probe_size': probe_size,
  }
  return Study(
    title=f'{net}: barriers before pruned solutions',
    source=(
      'after Evci et al. 2020, Rigging the Lottery: its figure of the loss'
      ' landscape, whose net is ResNet-50 and which prints no numbers'
    ),
    runs=_runs(config, shared),
    metrics=(
      *('test_accuracy', loss),
      *(
        f'{number}_{path}' for number in ('highest', 'climb') for path in _PATHS
      ),
    ),
    figures=(Curves('probe_loss', log=True), Curves('eval_accuracy')),
    analyses=tuple(
      Analysis(f'{name}_to_pruned', (name, 'pruned@0'), 'barrier', options)
      for name in ('static', 'static_again', 'rigl_again')
    ),
    claims=with_texts(_claims(loss)),
    notes=(
      'Static nets have starts of their own, not that of the pruned net of seed'
      ' 0. "Again" starts from the static solution of the same seed, with its'
      ' masks, and trains for the whole schedule once more. The training loss'
      f' is that of the first {probe_size:,} examples.'
    ),
  )


def _claims(loss: str) -> dict[str, Claim]:
  return {
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
      'rigl_again', 'static_again', '<=', 0.0, metric=loss
    ),
    'From the static solution RigL ends at a higher accuracy.': Ordering(
      ('static_again', 'rigl_again')
    ),
  }


def get_config() -> Study:
  """Returns the study."""
  return study(
    'LeNet-300-100 on MNIST at 98 %',
    'mnist/lenet_300_100',
    3600,
    probe_size=10_000,
    # Examples of the training split; steps of each fit of a curve.
    options={'examples': 10_000, 'steps': 2000},
  )
