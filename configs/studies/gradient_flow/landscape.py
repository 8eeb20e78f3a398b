r"""The way to the pruned solution: barriers before it, and distances.

  python -m launch.study --config=studies/gradient_flow/landscape:lenet5 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: lenet5, lenet5_undecayed (95 %, with and without weight decay), mlp
(300-100, 98 %), resnet50 (80 %). FOLDER is where TFDS has MNIST, or
imagenet2012, as array_record. 20 members of 11,719 steps, all of them those of
the study `accuracy` (undecayed: `function_space`): keep one RUNS for both.

The paper has, by its map, which shortens some distances, 12.2 for LT's start
and 5 to 8 for its end, 16 to 17 and 19 to 32 for Scratch's, and a rise of 1.8
nats from where Scratch ends. All claims hold without weight decay: landscape.md
in the folder of each net, with landscape_lines.png (the loss on the lines;
bands are of the seeds) and landscape_map.png (MDS of the distances; hollow:
where a net starts).

ResNet-50 (20 members of 32,000 steps of 4,096 images) is for accelerators, as
its config says; we have not run it to its end. `--plan` and `--dry_run` need
neither the data nor such a machine. The paper's losses, read off its figure,
have label smoothing in them, and ours have not: pruned 2.17; LT end 2.15, at
most 2.17 on the way; Scratch end 2.50, 7.05 from 0.4 to 0.55 of the way. From
LT start 6.64 they fall all the way, from Scratch start they stay near 7 until
0.55. `_nets.py` says what it leaves open.
"""

from jaxsparse.claims import Bound, Claim, Ordering, with_texts
from jaxsparse.studies.spec import Analysis, Study

from . import _nets
from ._runs import runs

NETS = ('lenet5', 'lenet5_undecayed', 'mlp', 'resnet50')

_STARTS = ('lottery', 'scratch', 'scratch_inits')
# The change of the distance to the pruned solution in training.
_AWAY = 'distance_at_end-distance_at_start'
_CLAIMS: dict[str, Claim] = {
  'No barrier lies between a ticket and the pruned solution.': Bound(
    'lottery', '<=', 0.02, metric='rise_from_end'
  ),
  **{
    f'From {label} a barrier of over 1 nat lies before it.': Bound(
      name, '>=', 1.0, metric='rise_from_end'
    )
    for name, label in (
      ('scratch', 'Scratch'),
      ('scratch_inits', 'Scratch with other inits'),
    )
  },
  'From where Scratch starts there is none.': Bound(
    'scratch_inits', '<=', 0.02, metric='rise_from_start'
  ),
  # A single start has no spread; those of `scratch_inits` do.
  'Half way there the loss is lower from the start of a ticket.': Ordering(
    ('lottery', 'scratch_inits'), metric='middle_loss_from_start'
  ),
  'A ticket starts nearer to the pruned solution than Scratch.': Ordering(
    ('lottery', 'scratch_inits'), metric='distance_at_start'
  ),
  'A ticket comes nearer to it in training.': Bound(
    'lottery', '<=', 0.0, metric=_AWAY
  ),
  'Scratch goes away from it.': Bound('scratch_inits', '>=', 0.0, metric=_AWAY),
}


def get_config(name: str = 'lenet5') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  examples = net.line.get('examples')
  images = 'all' if examples is None else f'the first {examples:,}'
  to = f'pruned@{net.source}'
  return Study(
    title=f'{net.title}: the way to the pruned solution',
    source=net.where('the figures of interpolation and of distances'),
    runs=runs(net, ('pruned', *_STARTS)),
    metrics=(
      *('rise_from_end', 'rise_from_start'),
      *('middle_loss_from_end', 'middle_loss_from_start'),
      *('distance_at_start', 'distance_at_end'),
    ),
    figures=(),
    analyses=(
      *(
        Analysis(f'{run}_line', (run, to), 'interpolation', net.line)
        for run in _STARTS
      ),
      *(Analysis(f'{run}_distance', (run, to), 'distances') for run in _STARTS),
      Analysis('map', (*_STARTS, to), 'distance_map', pooled=True),
    ),
    claims=with_texts(_CLAIMS),
    notes=(
      f'Training loss in nats on {images} training images; "rise from end" is'
      ' its highest on the line from the end of a run to the pruned solution,'
      ' between the two, less that of the worse of them: below 0 where the way'
      ' leads down at once. Distances are L2, over all weights.'
      f'{net.start_note}'
    ),
  )
