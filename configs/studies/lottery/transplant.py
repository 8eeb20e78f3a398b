r"""LeNet-300-100 on MNIST: masks of tickets on another initialisation.

  python -m launch.study --config=studies/lottery/transplant --workdir=DIR \
    --override data.dir=FOLDER

130 members, four minutes on 2 CPU cores. FOLDER is where TFDS has MNIST as
array_record. Adnan et al. 2025, "Sparse
Training from Random Initialization: Aligning Lottery Ticket Masks using Weight
Symmetry", have VGG11 and ResNets; their nets rewind to a few epochs, these to
step 0.
"""

import dataclasses

from jaxsparse.claims import Ordering, with_texts
from jaxsparse.studies.lottery import Arm, Rounds, lottery
from jaxsparse.studies.planning.pairing import LEVEL
from jaxsparse.studies.spec import Analysis, Study

_PAPER = 'Adnan et al. 2025 (arXiv 2505.05143)'
_LEVELS = (5, 10, 15)
_OTHER = {'streams': ('init=1', 'order=1')}


def _moved(label: str, how: str) -> Arm:
  """Returns the arm of a ticket's masks on the weights of the other net."""
  fields = {
    'init.checkpoint': '{other}',
    'init.checkpoint_step': 0,
    'init.transplant': how,
    'init.align_from': '{dense}',
    'init.align_to': '{other}',
  }
  return Arm(label, fields | _OTHER, source=_PAPER)


_ARMS = {
  'aligned': _moved('other init, aligned', 'aligned'),
  'naive': _moved('other init', 'naive'),
  'permuted': _moved('other init, permuted at random', 'random'),
}
_LINE = {'points': 29, 'examples': 10_000}


def _claims() -> dict[str, Ordering]:
  at = {LEVEL: _LEVELS[-1]}
  return {
    'Masks do better on another initialisation once they are aligned.': (
      Ordering(('naive', 'aligned'), at=at)
    ),
    'It takes this permutation, and not any.': (
      Ordering(('permuted', 'aligned'), at=at)
    ),
    'They are best on their own.': Ordering(('aligned', 'ticket'), at=at),
    'The barrier between dense nets is lower once they are aligned.': (
      Ordering(('other', 'dense'), metric='barrier_from_end')
    ),
  }


def get_config() -> Study:
  """Returns the study."""
  study = lottery(
    'lottery/lenet_300_100',
    rounds=Rounds(scope='layer', layers=('Dense_2/kernel=0.1',)),
    arms=tuple(_ARMS),
    more=_ARMS,
    seeds=5,
    title='Masks of tickets on another initialisation: LeNet-300-100, MNIST',
    source=_PAPER,
    claims=with_texts(_claims()),
    analyses=(
      Analysis('plain', ('dense', 'other'), 'interpolation', _LINE),
      Analysis(
        'modulo_permutation',
        ('other', 'dense'),
        'interpolation',
        _LINE | {'align': True},
      ),
    ),
    notes=(
      'The other net differs in its initial weights and in the order of its'
      ' data. The barrier is the excess of the training loss, in nats, on the'
      ' line between the two dense nets: at "dense" as they are, at the other'
      ' after the units of one are permuted to match the other’s.'
    ),
  )
  dense, *levels = study.runs
  other = dataclasses.replace(
    dense,
    name='other',
    overrides={**dense.overrides, **_OTHER},
    label='dense, other init',
  )
  levels = [
    dataclasses.replace(run, grid={LEVEL: _LEVELS})
    if run.name in _ARMS
    else run
    for run in levels
  ]
  return dataclasses.replace(study, runs=(dense, other, *levels))
