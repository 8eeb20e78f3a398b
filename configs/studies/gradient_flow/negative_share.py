r"""Negative curvature about a mask update, on 1,000 and on all training images.

  python -m launch.study --config=studies/gradient_flow/negative_share:lenet5 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: lenet5 (95 %), mlp (300-100, 98 %). FOLDER is where TFDS has MNIST as
array_record. 10 members of 11,719 steps, all of them those of the study
`gradient_norm`: keep one RUNS for both. The study `hessian` has exact spectra
on 1,000 images, where the paper has all 60,000; here both are estimated, with
the same probes. For each member Lanczos multiplies 80 times with a Hessian on
all images, which takes minutes on 2 CPU cores; we have not run it.
"""

from jaxsparse.claims import Bound, Claim, Ordering, with_texts
from jaxsparse.studies.spec import Analysis, Study

from . import _nets
from ._runs import runs

NETS = ('lenet5', 'mlp')

# One of the mask steps before and after which nets are kept.
_STEP = 500
_RUNS = ('rigl_plus', 'set_plus', 'rigl_inverted')
_ADDED = 'negative_share_after{0}-negative_share_before{0}'
_ON_FEW, _ON_ALL = _ADDED.format(''), _ADDED.format('_all')
_CLAIMS: dict[str, Claim] = {
  "On all images, too, a mask update of RigL's adds negative ones.": Bound(
    'rigl_plus', '>=', 0.0, metric=_ON_ALL
  ),
  "It adds more than SET's.": Ordering(
    ('set_plus', 'rigl_plus'), metric=_ON_ALL
  ),
  'One that grows the least gradients adds less than a thousandth.': Bound(
    'rigl_inverted', '<=', 0.1, metric=_ON_ALL
  ),
}


def get_config(name: str = 'lenet5') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  return Study(
    title=f'{net.title}: negative curvature on all images',
    source=net.where('the figures of the Hessian'),
    runs=(
      *runs(net, ('pruned',), seeds=1),
      *runs(net, _RUNS, seeds=3),
    ),
    metrics=(
      *('negative_share_before', 'negative_share_before_all'),
      *(_ON_FEW, _ON_ALL),
    ),
    figures=(),
    analyses=tuple(
      Analysis(
        f'{run}_negative_share',
        (run,),
        'negative_share',
        {'step': _STEP, 'num_probes': 1, 'num_steps': 40},
      )
      for run in _RUNS
    ),
    claims=with_texts(_CLAIMS),
    notes=(
      'Shares of the eigenvalues over active weights and biases that are below'
      ' -0.001, by Lanczos: of the training loss on the first 1,000 images, and'
      ' on all 60,000 ("all examples").'
    ),
  )
