"""Study: are tickets of other masks, or rewound later, nearer to their source?

In Evci et al. 2022 a ticket of LeNet5 ends at the accuracy of the pruned net,
and disagrees with it a third as often as Scratch. Our ticket of the pruned net
of seed 0 ends less near to it. The study tests two explanations: that mask, and
the start of tickets from step 0 (on ImageNet the paper rewinds to a later one).
"""

import dataclasses
from collections.abc import Mapping

from jaxsparse.claims import (
  Bound,
  Claim,
  Difference,
  Ratio,
)
from jaxsparse.papers.gradient_flow.nets import Net, Overrides
from jaxsparse.papers.gradient_flow.runs import fixed, pruned, runs
from jaxsparse.studies.spec import Analysis, Run, Study

# The pruned nets besides that of seed 0.
_MASKS = (1, 2)
# Steps of the pruned net of seed 0 that tickets are rewound to.
_STEPS = (500, 2000)
_KEPT = 'pruned_kept'


def tickets(net: Net, *, seeds: int = 5) -> Study:
  """Builds the study: tickets and Scratch of several masks, and later rewinds.

  Args:
    net: the model with its settings.
    seeds: orders of the data for each ticket and each start.
  """
  kept_run = f'{_KEPT}@0'
  pairs = {
    **{f'ticket_{k}': f'pruned@{k}' for k in _MASKS},
    **{f'scratch_{k}': f'pruned@{k}' for k in _MASKS},
    **{f'rewound_{step}': kept_run for step in _STEPS},
    'scratch': 'pruned@0',
  }
  pooled = ('scratch', *(f'rewound_{step}' for step in _STEPS))
  return Study(
    title=f'{net.title}: tickets of other masks, and rewound later',
    source=(
      'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win: what it says of tickets, where ours of one mask'
      ' part from it'
    ),
    runs=(
      *runs(net, ('pruned',)),
      *(of_mask(net, f'ticket_{k}', k, k, seeds) for k in _MASKS),
      *(of_mask(net, f'scratch_{k}', k, k - 1, seeds) for k in _MASKS),
      _pruned_kept(net),
      *(_rewound(net, step, seeds) for step in _STEPS),
      *runs(net, ('scratch_inits', 'scratch'), seeds=seeds),
    ),
    metrics=(
      'test_accuracy',
      'disagreement',
      'ensemble_gain',
      'rise_from_end',
    ),
    figures=(),
    analyses=(
      *held_against(pairs, {'disagreement': {}, 'interpolation': net.line}),
      *(
        Analysis(f'{name}_ensemble', (name,), 'ensemble', pooled=True)
        for name in pooled
      ),
    ),
    claims=(*_nearer(), *_alike(), *_at_the_pruned_net()),
    notes=(
      'Disagreement is that with the pruned net that the masks are from; "rise'
      ' from end" is the highest training loss on the line to it, between the'
      ' ends, less that of the worse of them. "Scratch k" has the masks of the'
      ' pruned net of seed k and the start of that of seed k - 1; "Scratch", as'
      ' elsewhere, the masks of seed 0. A rewound ticket starts from the'
      ' weights at that step of the pruned net of seed 0, and trains for the'
      ' whole schedule.'
    )
    + net.start_note,
  )


def held_against(
  pairs: Mapping[str, str], functions: Mapping[str, Overrides]
) -> tuple[Analysis, ...]:
  """Builds the analyses that compare each run with another.

  Args:
    pairs: run -> the run to compare it with.
    functions: analysis -> its options.
  """
  return tuple(
    Analysis(f'{name}_{function}', (name, against), function, options)
    for name, against in pairs.items()
    for function, options in functions.items()
  )


def _seeds(_: Net, number: int) -> tuple[int, ...]:
  """Returns `number` seeds that no pruned net was trained with."""
  return tuple(range(6, 6 + number))


def of_mask(net: Net, name: str, masks: int, start: int, seeds: int) -> Run:
  """Builds a run with the masks of one pruned net and the start of one.

  If the start is that of the same net, the run is its ticket.
  """
  make = fixed(
    ('LT' if masks == start else 'Scratch') + f' {masks}',
    masks=f'{{pruned@{masks}}}',
    others=_seeds,
    checkpoint=f'{{pruned@{start}}}',
    checkpoint_step=net.rewind_step,
  )
  return make(net, name, seeds)


def _pruned_kept(net: Net) -> Run:
  """Builds the pruned run of seed 0 again, keeping the steps to rewind to."""
  run = pruned(net, _KEPT, 1)
  overrides = {**run.overrides, 'checkpoint.keep_steps': _STEPS}
  return dataclasses.replace(
    run, overrides=overrides, label='pruned 0, steps kept'
  )


def _rewound(net: Net, step: int, seeds: int) -> Run:
  source = f'{{{_KEPT}@0}}'
  make = fixed(
    f'LT 0 from step {step:,}',
    masks=source,
    others=_seeds,
    checkpoint=source,
    checkpoint_step=step,
  )
  return make(net, f'rewound_{step}', seeds)


def _nearer() -> tuple[Claim, ...]:
  """Returns the claims on the disagreement of tickets with their pruned nets.

  It is compared with that of Scratch of the same masks.
  """
  pairs = {
    **{f'ticket_{k}': (f'scratch_{k}', f'seed {k} its ticket') for k in _MASKS},
    **{
      f'rewound_{step}': ('scratch', f'seed 0 its ticket from step {step:,}')
      for step in _STEPS
    },
  }
  return tuple(
    Ratio(
      name,
      scratch,
      '<=',
      0.5,
      metric='disagreement',
      text=(
        f'With the pruned net of {ticket} disagrees less than half as often as'
        ' Scratch.'
      ),
    )
    for name, (scratch, ticket) in pairs.items()
  )


def _alike() -> tuple[Claim, ...]:
  return tuple(
    Bound(
      f'rewound_{step}',
      '<=',
      0.1,
      metric='ensemble_gain',
      text=f'An ensemble of tickets from step {step:,} gains next to nothing.',
    )
    for step in _STEPS
  )


def _at_the_pruned_net() -> tuple[Claim, ...]:
  """Returns the claims on the accuracy of tickets, and on barriers."""
  subjects = {
    **{f'ticket_{k}': f'The ticket of seed {k}' for k in _MASKS},
    **{
      f'rewound_{step}': f'The ticket of seed 0 from step {step:,}'
      for step in _STEPS
    },
  }
  return tuple(
    claim
    for name, what in subjects.items()
    for claim in (
      Difference(
        name,
        'pruned',
        '>=',
        -0.25,
        text=f'{what} ends at the accuracy of pruned nets.',
      ),
      Bound(
        name,
        '<=',
        0.02,
        metric='rise_from_end',
        text=f'{what} ends with no barrier before the pruned solution.',
      ),
    )
  )
