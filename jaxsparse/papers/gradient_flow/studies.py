"""The studies of Evci et al. 2022, for any of its nets.

Studies have runs in common: use one runs folder for all.
"""

from jaxsparse.papers.gradient_flow import claims
from jaxsparse.papers.gradient_flow.flow import JUMP
from jaxsparse.papers.gradient_flow.nets import Net
from jaxsparse.papers.gradient_flow.runs import runs
from jaxsparse.studies.spec import Analysis, Curves, Study

_PAPER = (
  'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How Lottery'
  ' Tickets Win'
)
# The nets that are compared with the pruned one, by initialisation.
_STARTS = ('lottery', 'scratch', 'scratch_inits')
# The last step of figures of early training.
_EARLY = 2000
_SPARSE_STARTS = ('rigl_plus', 'set_plus', 'rigl_inverted')


def accuracy(net: Net) -> Study:
  """Builds the accuracy table, by initialisation and method."""
  what = 'the accuracy table'
  if net.paper:
    what += (
      '. The numbers beside ours are those of its table of ensembles, the only'
      ' ones to be had'
    )
  return Study(
    title=f'{net.title}: accuracy by start and method',
    source=_source(net, what),
    runs=runs(
      net,
      (
        'dense',
        'pruned',
        'lottery',
        'prune_restart',
        'scratch',
        'scratch_inits',
        'scratch_plus',
        'set',
        'set_plus',
        'rigl',
        'rigl_plus',
        'small_dense',
        *net.also,
      ),
    ),
    figures=(
      Curves('eval_accuracy'),
      Curves('gradient_norm', log=True),
      Curves('probe_loss', log=True),
    ),
    claims=net.claims,
    notes=(
      'Every sparse row but "pruned" starts from the masks of the pruned net of'
      f' seed {net.source}. LT and Scratch have one start and five orders of'
      ' the data, as in the paper; the others have five starts.'
    )
    + net.start_note,
  )


def gradient_norm(net: Net) -> Study:
  """Builds the study of gradient flow during training and at mask updates."""
  curves = (
    'scratch_inits',
    'scratch_plus',
    'lottery',
    'rigl',
    'rigl_plus',
    'rigl_inverted',
    'set',
    'set_plus',
    'small_dense',
  )
  return Study(
    title=f'{net.title}: gradient norm during training',
    source=_source(net, 'the figures of the gradient norm'),
    runs=runs(net, ('pruned', *curves)),
    metrics=net.flow.metrics,
    figures=(
      Curves('gradient_norm', log=True, runs=curves),
      Curves('probe_loss', log=True, runs=curves),
      Curves('gradient_norm', log=True, runs=curves, last_step=_EARLY),
      Curves(JUMP, runs=_SPARSE_STARTS, last_step=_EARLY),
    ),
    claims=net.flow.claims,
    notes=(
      'The norm of the masked gradient, and the loss, on the first 1,000'
      ' training images. What a mask update does to it is recorded at the step'
      ' after; in SET, weights move in the same step, so that is part of it.'
    )
    + net.flow.notes,
  )


def function_space(net: Net) -> Study:
  """Builds the study of the similarity of the functions that runs learn."""
  against = f'pruned@{net.source}'
  compared = (*_STARTS, 'prune_restart', 'pruned_others')
  pooled = (*_STARTS, 'prune_restart', 'pruned')
  return Study(
    title=f'{net.title}: ensembles and disagreement',
    source=_source(net, 'the table of ensembles and prediction disagreement'),
    runs=runs(net, (*pooled, 'pruned_others')),
    metrics=(
      'test_accuracy',
      'ensemble_accuracy',
      'ensemble_gain',
      'pairwise_disagreement',
      'disagreement',
    ),
    figures=(),
    analyses=(
      *(
        Analysis(f'{name}_against_pruned', (name, against), 'disagreement')
        for name in compared
      ),
      *(
        Analysis(f'{name}_ensemble', (name,), 'ensemble', pooled=True)
        for name in pooled
      ),
    ),
    claims=claims.FUNCTION_SPACE + net.gains,
    notes=(
      'All tickets and scratch nets have the masks of the pruned net of seed'
      f' {net.source}; "disagreement" is with that net. An ensemble is the mean'
      ' of the probabilities of the five nets of a row; the intervals of what'
      ' it gains, and of "pairwise disagreement", are the jackknife\'s.'
    )
    + net.start_note,
  )


def landscape(net: Net) -> Study:
  """Builds the study of barriers before, and distances to, the pruned net."""
  to = f'pruned@{net.source}'
  return Study(
    title=f'{net.title}: the way to the pruned solution',
    source=_source(net, 'the figures of interpolation and of distances'),
    runs=runs(net, ('pruned', *_STARTS)),
    metrics=(
      'rise_from_end',
      'rise_from_start',
      'middle_loss_from_end',
      'middle_loss_from_start',
      'distance_at_start',
      'distance_at_end',
    ),
    figures=(),
    analyses=(
      *(
        Analysis(f'{name}_line', (name, to), 'interpolation', net.line)
        for name in _STARTS
      ),
      *(
        Analysis(f'{name}_distance', (name, to), 'distances')
        for name in _STARTS
      ),
      Analysis('map', (*_STARTS, to), 'distance_map', pooled=True),
    ),
    claims=claims.LANDSCAPE,
    notes=(
      f'Training loss in nats on {_images(net)}; "rise from end" is its highest'
      ' on the line from the end of a run to the pruned solution, between the'
      ' two, less that of the worse of them: below 0 where the way leads down'
      ' at once. Distances are L2, over all weights.'
    )
    + net.start_note,
  )


def hessian(net: Net, *, step: int = 500, seeds: int = 3) -> Study:
  """Builds the study of the Hessian's spectrum before and after a mask update.

  Args:
    net: the model with its settings.
    step: one of `net.updates`.
    seeds: of each run.
  """
  return Study(
    title=f'{net.title}: the Hessian about the update at {step:,}',
    source=_source(net, 'the figures of the Hessian'),
    runs=runs(net, ('pruned', *_SPARSE_STARTS), seeds=seeds),
    metrics=(
      'negative_eigenvalues_before',
      'negative_eigenvalues_after',
      claims.NEW_EIGENVALUES,
      'negative_sum_before',
      'negative_sum_after',
      claims.NEW_DESCENT,
    ),
    figures=(),
    analyses=tuple(
      Analysis(f'{name}_spectrum', (name,), 'hessian', {'step': step})
      for name in _SPARSE_STARTS
    ),
    claims=claims.HESSIAN,
    notes=(
      'Exact spectra over active weights and biases, of the training loss on'
      ' the first 1,000 images (the paper: all 60,000). Eigenvalues below'
      ' -0.001 count as negative.'
    ),
  )


def _source(net: Net, what: str) -> str:
  """Formats the source: the paper, `what`, and whether it prints numbers."""
  if net.paper:
    return f'{_PAPER}: {what}'
  return f'{_PAPER}: {what}, of a net of which it prints no numbers'


def _images(net: Net) -> str:
  """Formats the images that the loss on lines is measured on."""
  examples = net.line.get('examples')
  if examples is None:
    return 'all training images'
  return f'the first {examples:,} training images'
