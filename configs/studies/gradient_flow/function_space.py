r"""How alike the functions are that nets learn: disagreement and ensembles.

  python -m launch.study --config=studies/gradient_flow/function_space:lenet5 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: lenet5, lenet5_undecayed (95 %, with and without weight decay), mlp
(300-100, 98 %), resnet50 (80 %). FOLDER is where TFDS has MNIST, or
imagenet2012, as array_record. 30 members of 11,719 steps, all of them those of
the study `accuracy` but without weight decay: keep one RUNS for both.

Without weight decay every sparse net has the masks of the pruned net of seed 4:
of five it is the one that ends nearest to where it started, a rule made after
one ticket of each of them had been seen (pruned_nets.py). Results:
function_space.md in the folder of each net.

ResNet-50 (30 members of 32,000 steps of 4,096 images) is for accelerators, as
its config says; we have not run it to its end. `--plan` and `--dry_run` need
neither the data nor such a machine. The paper has no numbers of it for Scratch
from different inits or for Prune Restart. `_nets.py` says what it leaves open.
"""

from jaxsparse.claims import Bound, Claim, Ordering, Ratio, with_texts
from jaxsparse.studies.spec import Analysis, Study

from . import _nets
from ._runs import ensembles, runs

NETS = ('lenet5', 'lenet5_undecayed', 'mlp', 'resnet50')

_STARTS = (
  *('lottery', 'scratch', 'scratch_inits', 'scratch_signs', 'prune_restart'),
)
_COMPARED = (*_STARTS, 'pruned_others')
_POOLED = (*_STARTS, 'pruned')
_CLAIMS: dict[str, Claim] = {
  (
    'A ticket disagrees with the pruned net less than half as often as'
    ' Scratch does.'
  ): Ratio('lottery', 'scratch', '<=', 0.5, metric='disagreement'),
  'It does so less often than another pruned net.': Ordering(
    ('lottery', 'pruned_others'), metric='disagreement'
  ),
  'Tickets agree more than pruned nets do, and these more than Scratch.': (
    Ordering(('lottery', 'pruned', 'scratch'), metric='pairwise_disagreement')
  ),
  'The signs of the pruned net bring a new start closer to it.': Ordering(
    ('scratch_signs', 'scratch_inits'), metric='disagreement'
  ),
  'They are not all that a ticket has.': Ordering(('scratch_signs', 'lottery')),
  'An ensemble gains less from tickets than from Scratch.': Ordering(
    ('lottery', 'scratch'), metric='ensemble_gain'
  ),
}
# Where accuracy is nearly perfect, as on MNIST.
_GAINS: dict[str, Claim] = {
  'An ensemble of tickets gains next to nothing.': Bound(
    'lottery', '<=', 0.1, metric='ensemble_gain'
  ),
  'One of Scratch gains about a point: half a point or more.': Bound(
    'scratch', '>=', 0.5, metric='ensemble_gain'
  ),
  'One of pruned nets does, too.': Bound(
    'pruned', '>=', 0.5, metric='ensemble_gain'
  ),
}


def get_config(name: str = 'lenet5') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  return Study(
    title=f'{net.title}: ensembles and disagreement',
    source=net.where('the table of ensembles and prediction disagreement'),
    runs=runs(net, (*_POOLED, 'pruned_others')),
    metrics=(
      *('test_accuracy', 'ensemble_accuracy', 'ensemble_gain'),
      *('pairwise_disagreement', 'disagreement', 'sign_agreement_at_end'),
    ),
    figures=(),
    analyses=(
      *(
        Analysis(
          f'{run}_against_pruned', (run, f'pruned@{net.source}'), 'disagreement'
        )
        for run in _COMPARED
      ),
      *(
        Analysis(
          f'{run}_signs', (run, f'pruned@{net.source}'), 'sign_agreement'
        )
        for run in ('lottery', 'scratch_inits', 'scratch_signs')
      ),
      *ensembles(_POOLED),
    ),
    claims=with_texts(_CLAIMS if name == 'resnet50' else _CLAIMS | _GAINS),
    notes=(
      'All tickets and scratch nets have the masks of the pruned net of seed'
      f' {net.source}; "disagreement" is with that net. An ensemble is the mean'
      ' of the probabilities of the five nets of a row; the intervals of what'
      ' it gains, and of "pairwise disagreement", are the jackknife\'s.'
      f'{net.start_note}'
    ),
  )
