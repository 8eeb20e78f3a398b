r"""Uniform nets and ERK, at equal parameters and at equal FLOPs.

  python -m launch.study --config=studies/rigl/equal_flops:cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

cifar10 is WRN-22-2, cifar100 is ResNet-50; `_report.py` has settings, data and
deviations. 27 members. With the FLOPs of 90 % uniform the report has 91.72
(uniform) and 91.43 % (ERK) on CIFAR-10, 71.77 and 71.07 % on CIFAR-100.

**Deviations**: those of `_report.py`. The sparsity at which ERK has the FLOPs
of a uniform net is by our count of them; that of the report is not known to us.
"""

from jaxsparse.claims import Ordering, with_texts
from jaxsparse.studies.spec import Against, Study

from . import _report
from ._nets import METRICS, SPARSITY, printed
from ._runs import label, runs, variant

NETS = ('cifar10', 'cifar100')

# Sparsity of a uniform net -> that of ERK with as many FLOPs.
SPARSITIES = {
  'cifar10': {0.5: 0.7134, 0.8: 0.8832, 0.9: 0.9416},
  'cifar100': {0.5: 0.7044, 0.8: 0.9107, 0.9: 0.9554},
}


def get_config(data: str = 'cifar10') -> Study:
  """Returns the study of the net on a data set."""
  title, net = _report.net(data)
  erk = {'rigl_erk': net.printed['rigl_erk']}
  net = net._replace(printed={**erk, **printed(f'equal_flops_{data}')})
  equal = SPARSITIES[data]
  return Study(
    title=f'{title}: uniform and ERK at equal parameters and equal FLOPs',
    source=f'{_report.SOURCE}: the figure of accuracy by training FLOPs',
    runs=(
      *runs(net, ('rigl_uniform', 'rigl_erk'), tuple(equal)),
      *(
        variant(
          net,
          'rigl_erk',
          f'rigl_erk_flops_of_{100 * uniform:g}',
          {SPARSITY: erk},
          label=f'{label("rigl_erk")}, FLOPs of {100 * uniform:g} %',
        )
        for uniform, erk in equal.items()
      ),
    ),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY, runs=('rigl_uniform', 'rigl_erk')),),
    claims=with_texts(
      {
        'With as many weights ERK is above uniform.': Ordering(
          ('rigl_uniform', 'rigl_erk')
        ),
        **{
          f'With the FLOPs of {100 * at:g} % uniform is above ERK.': Ordering(
            (f'rigl_erk_flops_of_{100 * at:g}', 'rigl_uniform'),
            at={SPARSITY: at},
          )
          for at in equal
        },
      }
    ),
    notes=(
      f'{_report.DATA} "FLOPs of 90 %" is the ERK net that has as many as the'
      ' uniform one of 90 %: ERK costs more FLOPs a weight, so it is sparser.'
    ),
  )
