"""Study: does a ticket's return to its pruned net depend on that net?

Evci et al. 2022 show tickets of one pruned net. This study compares those of
several, by the distance of each pruned net from its initial weights, which its
ticket starts from, too.
"""

from jaxsparse.claims import Bound, Claim, Ratio
from jaxsparse.papers.gradient_flow.nets import Net
from jaxsparse.papers.gradient_flow.runs import runs
from jaxsparse.papers.gradient_flow.tickets import (
  held_against,
  of_mask,
)
from jaxsparse.studies.spec import Scatter, Study


def pruned_nets(net: Net, *, number: int = 5, seeds: int = 3) -> Study:
  """Builds the study of the tickets of several pruned nets.

  Args:
    net: the model with its settings.
    number: of pruned nets.
    seeds: orders of the data for each ticket.
  """
  nets = range(number)
  pairs = {f'ticket_{k}': f'pruned@{k}' for k in nets}
  pairs['scratch'] = f'pruned@{net.source}'
  return Study(
    title=f'{net.title}: tickets of {number} pruned nets',
    source=(
      'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win: what it says of the ticket of one pruned net'
    ),
    runs=(
      *runs(net, ('pruned',), seeds=number),
      *(of_mask(net, f'ticket_{k}', k, k, seeds) for k in nets),
      *runs(net, ('scratch_inits', 'scratch')),
    ),
    metrics=(
      'test_accuracy',
      'disagreement',
      'rise_from_end',
      'distance_at_start',
      'distance_at_end',
    ),
    figures=(Scatter('distance_at_start', 'disagreement'),),
    analyses=held_against(
      pairs, {'disagreement': {}, 'interpolation': net.line, 'distances': {}}
    ),
    claims=tuple(claim for k in nets for claim in _comes_back(k)),
    notes=(
      'LT k has the masks and the start of the pruned net of seed k, and is'
      ' held against that: disagreement on the test images; "rise from end",'
      ' the highest training loss on the line to it, between the ends, less'
      ' that of the worse of them; L2 distances over all weights, of the start'
      ' and of the end. Scratch, with the masks of the pruned net of seed'
      f' {net.source}, is held against that one.'
    )
    + net.start_note,
  )


def _comes_back(k: int) -> tuple[Claim, ...]:
  return (
    Ratio(
      f'ticket_{k}',
      'scratch',
      '<=',
      0.5,
      metric='disagreement',
      text=(
        f'The ticket of seed {k} disagrees with its pruned net less than half'
        ' as often as Scratch.'
      ),
    ),
    Bound(
      f'ticket_{k}',
      '<=',
      0.02,
      metric='rise_from_end',
      text=f'It ends with no barrier before the pruned solution ({k}).',
    ),
  )
