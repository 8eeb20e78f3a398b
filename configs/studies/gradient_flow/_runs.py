"""The runs of Evci et al. 2022, for any of its nets.

One net is pruned gradually. Every other sparse net starts from its masks, and
tickets are rewound to its weights. '+' means the sparse initialisation, and
"by layer" that of Liu et al. 2019, whose scale is one for a layer. Studies have
runs in common: use one runs folder for all.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from jaxsparse.studies.spec import Analysis, Run

from ._nets import Net, Overrides

_PLUS = {'init.name': 'sparse'}
# In the authors' plots it is truncated normal.
_LAYER_SCALED = {
  'init.name': 'layer_scaled',
  'init.distribution': 'truncated_normal',
}
_INVERTED = {'updater.inverted': True}
# Runs whose masks move: method of the config, label, and own fields.
_MOVING: Mapping[str, tuple[str, str, Overrides]] = {
  'set': ('set', 'SET', {}),
  'set_layer_scaled': ('set', 'SET by layer', _LAYER_SCALED),
  'set_plus': ('set', 'SET+', _PLUS),
  'rigl': ('rigl', 'RigL', {}),
  'rigl_layer_scaled': ('rigl', 'RigL by layer', _LAYER_SCALED),
  'rigl_plus': ('rigl', 'RigL+', _PLUS),
  'rigl_inverted': ('rigl', 'RigL+ inverted', {**_PLUS, **_INVERTED}),
  'rigl_inverted_dense': ('rigl', 'RigL inverted', _INVERTED),
}


def runs(
  net: Net, names: tuple[str, ...], *, seeds: int = 5
) -> tuple[Run, ...]:
  """Builds the runs `names`, in that order, with the paper's numbers.

  Args:
    net: the model with its settings.
    names: 'dense', 'pruned', 'lottery' ...
    seeds: of each.
  """
  return tuple(
    dataclasses.replace(_run(net, name, seeds), paper=net.paper.get(name, {}))
    for name in names
  )


def _run(net: Net, name: str, seeds: int) -> Run:
  dense = {**net.overrides, 'updater.sparsity': 0.0}
  match name:
    case 'dense':
      return Run(name, f'{net.config}:dense', dense, seeds=seeds)
    case 'small_dense':
      small = {**dense, **net.small}
      label = 'small dense'
      return Run(name, f'{net.config}:dense', small, seeds=seeds, label=label)
    case 'pruned':
      return pruned(net, name, seeds)
    case 'pruned_others':
      others = tuple(seed for seed in range(seeds) if seed != net.source)
      label = f'pruned (but for seed {net.source})'
      return dataclasses.replace(pruned(net, name, others), label=label)
  # Weights drawn with the seed of the source would be those of its ticket.
  others = tuple(seed for seed in range(seeds + 1) if seed != net.source)
  if name not in _MOVING:
    label, init = _starts(net)[name]
    return static(net, name, others, label, init)
  method, label, own = _MOVING[name]
  overrides = {
    **_sparse(net),
    **net.moving,
    'init.masks': _source(net),
    'gradient_flow.at_updates': True,
    'checkpoint.keep_steps': tuple(
      step for at in net.updates for step in (at, at + 1)
    ),
    **own,
  }
  config = f'{net.config}:{method}'
  return Run(name, config, overrides, seeds=others, label=label)


def _starts(net: Net) -> dict[str, tuple[str, Overrides]]:
  """Returns label and init fields of the runs whose masks never change."""
  source = _source(net)
  # One start and five orders of the data, as in the paper's table.
  scratch = f'{{scratch_inits@{net.scratch_start}}}'
  return {
    'lottery': ('LT', rewound(source, 0)),
    'prune_restart': ('Prune Restart', {'init.checkpoint': source}),
    'scratch': ('Scratch', rewound(scratch, 0)),
    'scratch_stuck': (
      'Scratch (start of seed 1)',
      rewound('{scratch_inits@1}', 0),
    ),
    'scratch_inits': ('Scratch (different inits)', {}),
    'scratch_layer_scaled': ('Scratch by layer', _LAYER_SCALED),
    'scratch_plus': ('Scratch+', _PLUS),
    'scratch_signs': (
      'Scratch (signs of the pruned net)',
      {'init.signs': source},
    ),
  }


def _sparse(net: Net) -> dict[str, Any]:
  return {**net.overrides, **net.sparse, 'init.name': 'dense'}


def _source(net: Net) -> str:
  return f'{{pruned@{net.source}}}'


def rewound(source: str, step: int) -> dict[str, Any]:
  """Returns the fields that start a run from a step of another."""
  return {'init.checkpoint': source, 'init.checkpoint_step': step}


def pruned(net: Net, name: str, seeds: int | tuple[int, ...]) -> Run:
  """Builds the run that is pruned gradually."""
  overrides = {**_sparse(net), **net.pruned}
  return Run(name, f'{net.config}:gmp', overrides, seeds=seeds)


def static(
  net: Net, name: str, seeds: tuple[int, ...], label: str, init: Overrides
) -> Run:
  """Builds a run whose masks never change: those of the source by default."""
  overrides = {**_sparse(net), 'init.masks': _source(net), **init}
  config = f'{net.config}:static'
  return Run(name, config, overrides, seeds=seeds, label=label)


def of_mask(net: Net, name: str, masks: int, start: int, seeds: int) -> Run:
  """Builds a run with the masks of one pruned net and the start of one.

  If the start is that of the same net, the run is its ticket. No pruned net was
  trained with its seeds.
  """
  label = f'{"LT" if masks == start else "Scratch"} {masks}'
  init = {
    'init.masks': f'{{pruned@{masks}}}',
    **rewound(f'{{pruned@{start}}}', 0),
  }
  return static(net, name, tuple(range(6, 6 + seeds)), label, init)


def compared(
  pairs: Mapping[str, str], functions: Mapping[str, Overrides]
) -> tuple[Analysis, ...]:
  """Builds the analyses that compare each run with another.

  Args:
    pairs: run -> the run to compare it with.
    functions: analysis -> its options.
  """
  return tuple(
    Analysis(f'{name}_{function}', (name, other), function, options)
    for name, other in pairs.items()
    for function, options in functions.items()
  )


def ensembles(names: tuple[str, ...]) -> tuple[Analysis, ...]:
  """Builds the analyses of the ensemble of each run's seeds."""
  return tuple(
    Analysis(f'{name}_ensemble', (name,), 'ensemble', pooled=True)
    for name in names
  )
