r"""ResNet-50 on ImageNet at 80 %: whether RigL finds tickets.

  python -m launch.study --config=studies/rigl/lottery \
    --workdir=DIR --override data.dir=FOLDER

12 members; `_nets.py` has settings and data. The paper has 70.82 and 73.93 %
for tickets that are kept and moved, 74.55 % for RigL.
"""

from jaxsparse.claims import Ordering
from jaxsparse.studies.spec import Study

from ._nets import PAPER, RESNET50, printed
from ._runs import runs

_RUNS = (
  *('rigl_uniform', 'lottery_uniform', 'lottery_rigl_uniform'),
  'rigl_uniform_2x',
)


def get_config() -> Study:
  """Returns the study."""
  net = RESNET50._replace(printed=printed('lottery'))
  return Study(
    title='ResNet-50 on ImageNet at 80 %: the lottery test',
    source=f'{PAPER}: the table of the lottery test',
    runs=runs(net, _RUNS, (0.8,)),
    metrics=('test_accuracy',),
    figures=(),
    claims=(
      Ordering(
        ('lottery_uniform', 'lottery_rigl_uniform', 'rigl_uniform'),
        text='A ticket does not help RigL, and less so a mask that is kept.',
      ),
      Ordering(
        ('rigl_uniform', 'rigl_uniform_2x'),
        text='What a ticket costs is better spent on a longer run.',
      ),
    ),
    notes=(
      'A ticket has the final masks and the first weights of RigL of the same'
      ' seed.'
    ),
  )
