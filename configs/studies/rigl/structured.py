r"""RigL on whole slices of convolutions, in the reproducibility report.

  python -m launch.study --config=studies/rigl/structured:cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

cifar10 is WRN-22-2, cifar100 is ResNet-50; `_report.py` has settings, data and
deviations. 30 members. At 90 % the report has 87.0 (uniform), 89.6 (ERK) and
89.0 % (a small dense net) on CIFAR-10, 69.1, 71.1 and 70.8 % on CIFAR-100.

**Deviations**: those of `_report.py`. Of slices one a layer is cut short, so
that counts are met; the first convolution of a uniform net is dense there, too,
and paid for by the others, as the classifier is.
"""

from jaxsparse.claims import Claim, Ordering
from jaxsparse.studies.spec import Study

from . import _report

NETS = ('cifar10', 'cifar100')

_RUNS = (
  *('small_dense', 'rigl_uniform', 'structured_uniform'),
  *('rigl_erk', 'structured_erk'),
)
_CLAIMS: dict[str, Claim] = {
  **{
    f'RigL is worse where it moves whole slices ({label}).': Ordering(
      (f'structured_{spread}', f'rigl_{spread}')
    )
    for spread, label in _report.SPREADS.items()
  },
  'ERK is above uniform for whole slices, too.': Ordering(
    ('structured_uniform', 'structured_erk')
  ),
}


def get_config(data: str = 'cifar10') -> Study:
  """Returns the study of the net on a data set."""
  title, net = _report.net(data)
  return _report.study(
    net,
    _RUNS,
    f'{title}: RigL on whole slices of convolutions',
    'structured sparsity',
    _CLAIMS,
    'A slice is the h x w taps of one input and one output'
    ' channel, and its score is the mean over it. The classifier is dense,'
    ' and the convolutions are so much sparser that the whole is as sparse'
    ' as asked.',
  )
