r"""RigL on ImageNet for 5 to 100 times as long: ResNet-50 and MobileNet v1.

  python -m launch.study --config=studies/rigl/longer:resnet50 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

resnet50 is at 99 % (ERK, 12 members), mobilenet_v1 at 90 % (18 members);
`_nets.py` has settings and data. The paper's authors give 61.86, 63.89, 66.94
and 68.15 % with their code for ResNet-50, for 5, 10, 40 and 100 times as long;
of uniform MobileNets the paper has 67.0 % for 5 times as long, and they give
69.28, 70.25 and 70.59 % for 10, 50 and 100 times.

**Deviations**: those of `_nets.py`. Theirs are the best of single checkpoints,
not means over runs; MobileNet at "0.89" is the one of 90 % of the masked
layers. Of MobileNet with ERK the longest is left out, whose length and cost do
not agree.
"""

from jaxsparse.claims import Ordering
from jaxsparse.core import choices
from jaxsparse.studies.spec import Study

from ._nets import FLOPS, METRICS, MOBILENET_V1, PAPER, RESNET50, printed
from ._runs import runs

NETS = ('resnet50', 'mobilenet_v1')

# Sparsity distribution -> multipliers of the length.
_TIMES: dict[str, dict[str, tuple[int, ...]]] = {
  'resnet50': {'erk': (5, 10, 40, 100)},
  'mobilenet_v1': {'uniform': (5, 10, 50, 100), 'erk': (5, 10)},
}


def get_config(name: str = 'resnet50') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  net, sparsity, title = {
    # At 99 % the first convolution is dense, with ERK too.
    'resnet50': (
      RESNET50._replace(
        spreads={
          'erk': {'updater.distribution': 'erk', 'updater.dense_first': True}
        }
      ),
      0.99,
      'ResNet-50',
    ),
    'mobilenet_v1': (MOBILENET_V1, 0.9, 'MobileNet v1'),
  }[name]
  names = {
    spread: tuple(f'rigl_{spread}_{n}x' for n in times)
    for spread, times in _TIMES[name].items()
  }
  return Study(
    title=f'{title} on ImageNet at {100 * sparsity:g} %: RigL by length',
    source=f"{PAPER}: the table with its authors' code",
    runs=runs(
      net._replace(printed=printed(f'longer_{name}')),
      (run for group in names.values() for run in group),
      (sparsity,),
    ),
    metrics=METRICS,
    figures=(),
    claims=tuple(
      Ordering(
        group,
        text=f'Each longer run of RigL ends above the shorter ({spread}).',
      )
      for spread, group in names.items()
    ),
    notes=(
      f'{FLOPS} Numbers beside ours are those of the best single checkpoints;'
      ' those of MobileNet 5x are means.'
    ),
  )
