r"""RigL-SG, RigL-SM and re-initialised nets, in the reproducibility report.

  python -m launch.study --config=studies/rigl/redistribution:cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

cifar10 is WRN-22-2, cifar100 is ResNet-50. FOLDER is where TFDS has the data as
array_record; with `--override data.name=cifar10_jpeg` a lossy copy (JPEG) of
CIFAR-10 is taken, and has to be named beside each figure. 48 members of 88,000
steps of 128 images, for a GPU. Others of the report share members with it: keep
one RUNS for all. `_report.py` has settings and deviations.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.claims import Claim, Ordering
from jaxsparse.studies.spec import Study

from . import _report

NETS = ('cifar10', 'cifar100')

_RUNS = (
  *('rigl_uniform', 'rigl_sg_uniform', 'rigl_sm_uniform', 'reinit_uniform'),
  *('rigl_erk', 'rigl_sg_erk', 'rigl_sm_erk', 'reinit_erk'),
)
_CLAIMS: tuple[Claim, ...] = (
  Ordering(
    ('rigl_uniform', 'rigl_sg_uniform'),
    text='RigL-SG lifts nets that start uniform.',
  ),
  Ordering(
    ('rigl_uniform', 'rigl_sm_uniform'),
    text='RigL-SM lifts nets that start uniform.',
  ),
  *(
    Ordering(
      (f'reinit_{spread}', f'rigl_{spread}'),
      text=f'The final masks are a poor start for fresh weights ({label}).',
    )
    for spread, label in _report.SPREADS.items()
  ),
)


def get_config(data: str = 'cifar10') -> Study:
  title, net = _report.net(data)
  return _report.table(
    net._replace(source='rigl_sm'),
    _RUNS,
    f'{title}: redistribution and re-initialisation of the reproducibility'
    ' report',
    'redistribution',
    _CLAIMS,
  )
