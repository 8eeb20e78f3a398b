r"""The tables of the RigL paper's reproducibility report.

  python -m launch.study --config=studies/rigl/report:cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

cifar10 is WRN-22-2 (93 members, some twice as long), cifar100 is ResNet-50 (87,
some two or three times as long); `_report.py` has settings, data and
deviations.
"""

from jaxsparse.claims import Claim, Ordering
from jaxsparse.studies.spec import Study

from . import _report

NETS = ('cifar10', 'cifar100')

_RUNS = (
  *('dense', 'small_dense', 'static_uniform', 'set_uniform', 'set_erk'),
  *('rigl_uniform', 'rigl_erk', 'snfs_uniform', 'snfs_erk', 'gmp_global'),
  *('lottery_global', 'rigl_uniform_2x', 'rigl_erk_2x'),
)
_FURTHER = {
  'cifar10': ('static_uniform_2x', 'set_uniform_2x', 'snfs_uniform_2x'),
  'cifar100': ('static_erk', 'rigl_uniform_3x'),
}
_CLAIMS: dict[str, Claim] = {
  'RigL ends above Static.': Ordering(('static_uniform', 'rigl_uniform')),
  'RigL gains from a run twice as long.': Ordering(
    ('rigl_uniform', 'rigl_uniform_2x')
  ),
  **{
    f'Weights that SNFS moves between layers cost FLOPs ({label}).': Ordering(
      (f'rigl_{spread}', f'snfs_{spread}'), metric='inference_flops'
    )
    for spread, label in _report.SPREADS.items()
  },
}


def get_config(data: str = 'cifar10') -> Study:
  """Returns the study of the net on a data set."""
  title, net = _report.net(data)
  return _report.study(
    net,
    _RUNS + _FURTHER[data],
    f'{title}: the table of the reproducibility report',
    {'cifar10': 'CIFAR-10', 'cifar100': 'CIFAR-100'}[data],
    _CLAIMS,
  )
