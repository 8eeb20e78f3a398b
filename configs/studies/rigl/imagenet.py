r"""Tables of methods by sparsity on ImageNet: ResNet-50, MobileNet v1 and v2.

  python -m launch.study --config=studies/rigl/imagenet:resnet50 \
    --workdir=DIR --override data.dir=FOLDER

resnet50 has each method (159 members), mobilenet_v1 (75) and mobilenet_v2 (27)
have RigL 5x; `_nets.py` has settings and data. The paper has 74.6, 72.0, 67.5
and 65.0 % for RigL on ResNet-50, 77.1, 76.4, 74.5 and 72.7 % for RigL 5x (ERK);
on MobileNet v1 71.5 and 67.0 % for RigL at 75 and 90 % (uniform), 71.9 and 68.1
% with ERK; of MobileNet v2 a figure, and no numbers.
"""

from jaxsparse.claims import Claim, Ordering, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.spec import Study

from ._nets import FLOPS, MOBILENET_V1, PAPER, RESNET50
from ._runs import table

NETS = ('resnet50', 'mobilenet_v1', 'mobilenet_v2')

_RESNET50 = (
  *('dense', 'static_uniform', 'snip_uniform', 'set_uniform', 'rigl_uniform'),
  *('gmp_uniform', 'small_dense', 'rigl_uniform_5x', 'small_dense_5x'),
  *('gmp_uniform_1_5x', 'static_erk', 'rigl_erk', 'snfs_erk', 'rigl_erk_5x'),
)
_RESNET50_CLAIMS: dict[str, Claim] = {
  'Static < SET < RigL.': Ordering(
    ('static_uniform', 'set_uniform', 'rigl_uniform')
  ),
  'SNIP ends below SET.': Ordering(('snip_uniform', 'set_uniform')),
  'Pruning ends above RigL 1x.': Ordering(('rigl_uniform', 'gmp_uniform')),
  'RigL 5x ends above pruning.': Ordering(('gmp_uniform', 'rigl_uniform_5x')),
  'ERK is above uniform.': Ordering(('rigl_uniform', 'rigl_erk')),
}
_MOBILENET_V1 = (
  *('dense', 'small_dense_5x', 'gmp_uniform', 'rigl_uniform_5x'),
  *('rigl_erk_5x', 'big_sparse_uniform_5x', 'big_sparse_erk_5x'),
)
_MOBILENET_V1_CLAIMS: dict[str, Claim] = {
  'RigL 5x ends above pruning, and ERK above uniform.': Ordering(
    ('gmp_uniform', 'rigl_uniform_5x', 'rigl_erk_5x')
  )
}
_MOBILENET_SPARSITIES = (0.75, 0.85, 0.9, 0.95)


def get_config(name: str = 'resnet50') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  if name == 'resnet50':
    return table(
      RESNET50,
      _RESNET50,
      (0.8, 0.9, 0.95, 0.965),
      title='ResNet-50 on ImageNet: method by sparsity',
      source=f'{PAPER}: the tables of ResNet-50',
      claims=with_texts(_RESNET50_CLAIMS),
      notes=FLOPS,
    )
  if name == 'mobilenet_v1':
    return table(
      MOBILENET_V1,
      _MOBILENET_V1,
      _MOBILENET_SPARSITIES,
      title='MobileNet v1 on ImageNet: method by sparsity',
      source=f'{PAPER}: the table and the figure of MobileNet v1',
      claims=with_texts(_MOBILENET_V1_CLAIMS),
      notes=(
        f'{FLOPS} Sparsity is that of all kernels but the first and the'
        ' depthwise ones, which the paper counts FLOPs of as if they were'
        ' sparse.'
      ),
    )
  return table(
    MOBILENET_V1._replace(overrides={'model.version': 2}, printed={}),
    ('dense', 'rigl_uniform_5x', 'rigl_erk_5x'),
    _MOBILENET_SPARSITIES,
    title='MobileNet v2 on ImageNet: RigL by sparsity',
    source=f'{PAPER}: the figure of MobileNet v2, without its numbers',
    notes=FLOPS,
  )
