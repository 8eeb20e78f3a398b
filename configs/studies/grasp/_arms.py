"""Methods of pruning before training, and their controls, as config fields.

The fields override those of a config of static masks, whatever its net. All
rank the weights of all layers together, but for `smart_ratio`. A layer that the
config's distribution leaves dense stays so, as ERK does small layers at 90 %:
`TOGETHER` has none do so. `grasp` scores
one batch of ten examples a class, the logits over 200 as in the authors' code;
`grasp_code` also has what that code does besides: halves of the classes one by
one, a classifier drawn anew for the scores, and one weight more.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Overrides = Mapping[str, Any]


class Arm(NamedTuple):
  """A method: its name in reports, and its fields of a config."""

  label: str
  fields: Overrides


# For methods that rank all layers together, at any sparsity.
TOGETHER = {'updater.distribution': 'uniform', 'updater.dense_first': False}
_TEN_A_CLASS = {'scoring.per_class': 10}
_GRASP = {
  'updater.name': 'grasp',
  'updater.temperature': 200.0,
  **_TEN_A_CLASS,
}
METHODS: Mapping[str, Arm] = {
  'random': Arm('random', {'updater.name': 'random'}),
  'magnitude': Arm('magnitude', {'updater.name': 'magnitude_at_init'}),
  'snip': Arm(
    'SNIP',
    {'updater.name': 'iterative_snip', 'updater.rounds': 1, **_TEN_A_CLASS},
  ),
  'grasp': Arm('GraSP', _GRASP),
  'grasp_code': Arm(
    "GraSP (authors' code)",
    {
      **_GRASP,
      'updater.faithful': True,
      'scoring.by_class': True,
      'scoring.parts': 2,
      'scoring.init': 'glorot_dense',
    },
  ),
  'iterative_snip': Arm(
    'Iterative SNIP',
    {'updater.name': 'iterative_snip', 'updater.rounds': 60, **_TEN_A_CLASS},
  ),
  'force': Arm(
    'FORCE', {'updater.name': 'force', 'updater.rounds': 60, **_TEN_A_CLASS}
  ),
  'synflow': Arm('SynFlow', {'updater.name': 'synflow', 'updater.rounds': 100}),
  'smart_ratio': Arm('random ticket', {'updater.distribution': 'smart_ratio'}),
}
# Of Frankle et al. 2021 and Su et al. 2020. Where scores are of other weights
# than those trained, or of corrupt examples, only the densities by layer can be
# what helps.
CONTROLS: Mapping[str, Arm] = {
  'shuffled': Arm('shuffled', {'updater.shuffled': True}),
  'fresh': Arm('new weights', {'scoring.init': 'fresh'}),
  'inverted': Arm('inverted', {'updater.inverted': True}),
  'absolute': Arm('absolute', {'updater.absolute': True}),
  'labels': Arm('random labels', {'scoring.corrupt': ('labels',)}),
  'pixels': Arm(
    'random labels and pixels', {'scoring.corrupt': ('labels', 'pixels')}
  ),
}


def arm(name: str) -> Arm:
  """Returns the arm 'grasp', or 'grasp_inverted': a method under a control.

  Raises:
    KeyError: there is no such method or control.
  """
  if name in METHODS:
    return METHODS[name]
  method, _, control = name.rpartition('_')
  of, under = METHODS[method], CONTROLS[control]
  return Arm(f'{of.label}, {under.label}', {**of.fields, **under.fields})
