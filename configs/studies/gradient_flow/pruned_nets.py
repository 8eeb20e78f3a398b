r"""LeNet5 on MNIST at 95 %, no weight decay: tickets of five pruned nets.

  python -m launch.study \
    --config=studies/gradient_flow/pruned_nets:lenet5_undecayed \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 30 members of 11,719 steps; the
5 pruned nets and the 10 of Scratch are those of the study `function_space`.
Evci et al. 2022 show tickets of one pruned net; this compares those of several,
by the distance of each pruned net from its initial weights, which its ticket
starts from, too.

Whether a ticket comes back to what was pruned goes with how far that ended from
where it started. The net of the paper, which ends 0.23 points above the mean of
its five, is alike to the nearest two of ours. Two hours of members on 2 CPU
cores; results: lenet5_undecayed/pruned_nets.md and pruned_nets.png.
"""

from jaxsparse.claims import Bound, Claim, Ratio, with_texts
from jaxsparse.studies.spec import Scatter, Study

from . import _nets
from ._runs import compared, of_mask, runs

NETS = ('lenet5_undecayed',)

_PRUNED = 5  # Nets.
_SEEDS = 3


def get_config(name: str = 'lenet5_undecayed') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  pairs = {f'ticket_{k}': f'pruned@{k}' for k in range(_PRUNED)}
  pairs['scratch'] = f'pruned@{net.source}'
  return Study(
    title=f'{net.title}: tickets of {_PRUNED} pruned nets',
    source=f'{_nets.PAPER}: what it says of the ticket of one pruned net',
    runs=(
      *runs(net, ('pruned',), seeds=_PRUNED),
      *(of_mask(net, f'ticket_{k}', k, k, _SEEDS) for k in range(_PRUNED)),
      *runs(net, ('scratch_inits', 'scratch')),
    ),
    metrics=(
      *('test_accuracy', 'disagreement', 'rise_from_end'),
      *('distance_at_start', 'distance_at_end'),
    ),
    figures=(Scatter('distance_at_start', 'disagreement'),),
    analyses=compared(
      pairs, {'disagreement': {}, 'interpolation': net.line, 'distances': {}}
    ),
    claims=with_texts(_claims()),
    notes=(
      'LT k has the masks and the start of the pruned net of seed k, and is'
      ' held against that: disagreement on the test images; "rise from end",'
      ' the highest training loss on the line to it, between the ends, less'
      ' that of the worse of them; L2 distances over all weights, of the start'
      ' and of the end. Scratch, with the masks of the pruned net of seed'
      f' {net.source}, is held against that one.{net.start_note}'
    ),
  )


def _claims() -> dict[str, Claim]:
  claims: dict[str, Claim] = {}
  for k in range(_PRUNED):
    claims |= {
      (
        f'The ticket of seed {k} disagrees with its pruned net less than half'
        ' as often as Scratch.'
      ): Ratio(f'ticket_{k}', 'scratch', '<=', 0.5, metric='disagreement'),
      f'It ends with no barrier before the pruned solution ({k}).': Bound(
        f'ticket_{k}', '<=', 0.02, metric='rise_from_end'
      ),
    }
  return claims
