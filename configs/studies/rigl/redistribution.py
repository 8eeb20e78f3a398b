r"""RigL-SG, RigL-SM and re-initialised nets, in the reproducibility report.

  python -m launch.study --config=studies/rigl/redistribution:cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

cifar10 is WRN-22-2, cifar100 is ResNet-50; `_report.py` has settings, data and
deviations. 48 members.
"""

import dataclasses

from jaxsparse.claims import Claim, Ordering
from jaxsparse.studies.spec import Densities, Study

from . import _report

NETS = ('cifar10', 'cifar100')

_RUNS = (
  *('rigl_uniform', 'rigl_sg_uniform', 'rigl_sm_uniform', 'reinit_uniform'),
  *('rigl_erk', 'rigl_sg_erk', 'rigl_sm_erk', 'reinit_erk'),
)
_CLAIMS: dict[str, Claim] = {
  'RigL-SG lifts nets that start uniform.': Ordering(
    ('rigl_uniform', 'rigl_sg_uniform')
  ),
  'RigL-SM lifts nets that start uniform.': Ordering(
    ('rigl_uniform', 'rigl_sm_uniform')
  ),
  **{
    f'The final masks are a poor start for fresh weights ({label}).': Ordering(
      (f'reinit_{spread}', f'rigl_{spread}')
    )
    for spread, label in _report.SPREADS.items()
  },
}


def get_config(data: str = 'cifar10') -> Study:
  """Returns the study of the net on a data set."""
  title, net = _report.net(data)
  study = _report.study(
    net._replace(source='rigl_sm'),
    _RUNS,
    f'{title}: redistribution and re-initialisation of the reproducibility'
    ' report',
    'redistribution',
    _CLAIMS,
  )
  densities = Densities(tuple(n for n in _RUNS if n.startswith('rigl_s')))
  return dataclasses.replace(study, figures=(*study.figures, densities))
