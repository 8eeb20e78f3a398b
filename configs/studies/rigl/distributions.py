r"""ResNet-50 on ImageNet: uniform, ER and ERK by method and sparsity.

  python -m launch.study --config=studies/rigl/distributions \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

144 members; `_nets.py` has settings and data. In the paper ERK is above the
other two for Static, SET, SNFS and RigL, the more so the sparser the net, at
about twice the FLOPs of uniform. Of ER it has a figure only, whose sparsities
are not known to us: here they are those of the tables.
"""

from jaxsparse.claims import Claim, Ordering, Trend, with_texts
from jaxsparse.studies.spec import Study

from ._nets import FLOPS, PAPER, RESNET50, SPARSITY
from ._runs import table

_METHODS = {'static': 'Static', 'set': 'SET', 'snfs': 'SNFS', 'rigl': 'RigL'}


def get_config() -> Study:
  """Returns the study."""
  return table(
    RESNET50,
    (
      f'{method}_{spread}'
      for method in _METHODS
      for spread in ('uniform', 'er', 'erk')
    ),
    (0.8, 0.9, 0.95, 0.965),
    title='ResNet-50 on ImageNet: how sparsity is spread over layers',
    source=f'{PAPER}: the figure of sparsity distributions',
    claims=with_texts(_claims()),
    notes=f'{FLOPS} Numbers beside ours are those of the tables.',
  )


def _claims() -> dict[str, Claim]:
  claims: dict[str, Claim] = {}
  for method, label in _METHODS.items():
    uniform, er, erk = (f'{method}_{s}' for s in ('uniform', 'er', 'erk'))
    claims |= {
      f'{label}: ERK is above uniform.': Ordering((uniform, erk)),
      f'{label}: ERK is above ER.': Ordering((er, erk)),
      f'{label}: ERK gains more over uniform the sparser the net.': Trend(
        erk, along=SPARSITY, direction='rises', minus=uniform
      ),
    }
  return claims
