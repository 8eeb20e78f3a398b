r"""LeNet5 on MNIST at 95 %: tickets of other masks, and rewound later.

  python -m launch.study --config=studies/gradient_flow/tickets:lenet5 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 46 members of 11,719 steps; the
5 pruned nets and the 10 of Scratch are those of the study `accuracy`: keep one
RUNS for both.

In Evci et al. 2022 a ticket of LeNet5 ends at the accuracy of the pruned net,
and disagrees with it a third as often as Scratch. Our ticket of the pruned net
of seed 0 ends less near to it. The study tests two explanations: that mask, and
the start of tickets from step 0 (on ImageNet the paper rewinds to a later one).

Tickets rewound to a later step end where the pruned net does, with no barrier
between, and those of other masks do not: lenet5/tickets.md. Its lines are of
the first 2,000 training images. On all 60,000 (`launch.analyze interpolation
--option points=15`, 2026-11-23) the rise from the tickets of step 500 is
-0.0003 to -0.0004 nats in all 5 orders, that from Scratch 2.20, 2.24 and 1.83
for the first three of its five.
"""

import dataclasses

from jaxsparse.claims import Bound, Claim, Difference, Ratio, with_texts
from jaxsparse.studies.spec import Run, Study

from . import _nets
from ._runs import compared, ensembles, of_mask, pruned, rewound, runs, static

NETS = ('lenet5',)

_SEEDS = 5
# The pruned nets besides that of seed 0.
_MASKS = (1, 2)
# Steps of the pruned net of seed 0 that tickets are rewound to.
_STEPS = (500, 2000)


def get_config(name: str = 'lenet5') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  rewound_runs = tuple(f'rewound_{step}' for step in _STEPS)
  pairs = {
    **{f'ticket_{k}': f'pruned@{k}' for k in _MASKS},
    **{f'scratch_{k}': f'pruned@{k}' for k in _MASKS},
    **dict.fromkeys(rewound_runs, 'pruned_kept@0'),
    'scratch': 'pruned@0',
  }
  return Study(
    title=f'{net.title}: tickets of other masks, and rewound later',
    source=(
      f'{_nets.PAPER}: what it says of tickets, where ours of one mask part'
      ' from it'
    ),
    runs=(
      *runs(net, ('pruned',)),
      *(of_mask(net, f'ticket_{k}', k, k, _SEEDS) for k in _MASKS),
      *(of_mask(net, f'scratch_{k}', k, k - 1, _SEEDS) for k in _MASKS),
      _pruned_kept(net),
      *(_rewound(net, step) for step in _STEPS),
      *runs(net, ('scratch_inits', 'scratch'), seeds=_SEEDS),
    ),
    metrics=('test_accuracy', 'disagreement', 'ensemble_gain', 'rise_from_end'),
    figures=(),
    analyses=(
      *compared(pairs, {'disagreement': {}, 'interpolation': net.line}),
      *ensembles(('scratch', *rewound_runs)),
    ),
    claims=with_texts(_claims()),
    notes=(
      'Disagreement is that with the pruned net that the masks are from; "rise'
      ' from end" is the highest training loss on the line to it, between the'
      ' ends, less that of the worse of them. "Scratch k" has the masks of the'
      ' pruned net of seed k and the start of that of seed k - 1; "Scratch", as'
      ' elsewhere, the masks of seed 0. A rewound ticket starts from the'
      ' weights at that step of the pruned net of seed 0, and trains for the'
      f' whole schedule.{net.start_note}'
    ),
  )


def _pruned_kept(net: _nets.Net) -> Run:
  """Builds the pruned run of seed 0 again, keeping the steps to rewind to."""
  run = pruned(net, 'pruned_kept', 1)
  overrides = {**run.overrides, 'checkpoint.keep_steps': _STEPS}
  return dataclasses.replace(
    run, overrides=overrides, label='pruned 0, steps kept'
  )


def _rewound(net: _nets.Net, step: int) -> Run:
  source = '{pruned_kept@0}'
  return static(
    net,
    f'rewound_{step}',
    tuple(range(6, 6 + _SEEDS)),
    f'LT 0 from step {step:,}',
    {'init.masks': source, **rewound(source, step)},
  )


def _claims() -> dict[str, Claim]:
  """Returns the claims on each ticket: it is near to its pruned net."""
  # Run -> Scratch of the same masks, the net it is compared with, and its name.
  tickets = {
    f'ticket_{k}': (f'scratch_{k}', f'seed {k} its ticket', f'of seed {k}')
    for k in _MASKS
  } | {
    f'rewound_{step}': (
      'scratch',
      f'seed 0 its ticket from step {step:,}',
      f'of seed 0 from step {step:,}',
    )
    for step in _STEPS
  }
  claims: dict[str, Claim] = {
    (
      f'With the pruned net of {ticket} disagrees less than half as often as'
      ' Scratch.'
    ): Ratio(run, scratch, '<=', 0.5, metric='disagreement')
    for run, (scratch, ticket, _) in tickets.items()
  }
  for step in _STEPS:
    text = f'An ensemble of tickets from step {step:,} gains next to nothing.'
    claims[text] = Bound(f'rewound_{step}', '<=', 0.1, metric='ensemble_gain')
  for run, (_, _, name) in tickets.items():
    claims |= {
      f'The ticket {name} ends at the accuracy of pruned nets.': Difference(
        run, 'pruned', '>=', -0.25
      ),
      (
        f'The ticket {name} ends with no barrier before the pruned solution.'
      ): Bound(run, '<=', 0.02, metric='rise_from_end'),
    }
  return claims
