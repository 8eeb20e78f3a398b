"""The runs of Evci et al. 2022, for any of its nets.

One net is pruned gradually. Every other sparse net starts from its masks, and
tickets are rewound to its weights. '+' means the sparse initialisation.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from jaxsparse.papers.gradient_flow.nets import Net
from jaxsparse.studies.spec import Run

Make = Callable[[Net, str, int], Run]
Seeds = Callable[[Net, int], tuple[int, ...]]


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
    dataclasses.replace(
      _RUNS[name](net, name, seeds), paper=net.paper.get(name, {})
    )
    for name in names
  )


def _dense(net: Net, name: str, seeds: int) -> Run:
  overrides = {**net.overrides, 'updater.sparsity': 0.0}
  return Run(name, f'{net.configs}:dense', overrides, seeds=seeds)


def _small_dense(net: Net, name: str, seeds: int) -> Run:
  dense = _dense(net, name, seeds)
  overrides = {**dense.overrides, **net.small}
  return dataclasses.replace(dense, overrides=overrides, label='small dense')


def _sparse(net: Net) -> dict[str, Any]:
  return {**net.overrides, **net.sparse, 'init.name': 'dense'}


def pruned(net: Net, name: str, seeds: int) -> Run:
  """Builds the run that is pruned gradually."""
  overrides = {**_sparse(net), **net.pruned}
  return Run(name, f'{net.configs}:gmp', overrides, seeds=seeds)


def _pruned_others(net: Net, name: str, seeds: int) -> Run:
  """Builds the pruned runs except the source, to be compared with it."""
  return dataclasses.replace(
    pruned(net, name, seeds),
    seeds=tuple(seed for seed in range(seeds) if seed != net.source),
    label=f'pruned (but for seed {net.source})',
  )


def source(net: Net) -> str:
  """Returns a reference to the pruned run whose masks the other runs have."""
  return f'{{pruned@{net.source}}}'


def _others(net: Net, seeds: int) -> tuple[int, ...]:
  """Returns seeds without that of the source.

  Weights drawn with the seed of the source would be those of its ticket.
  Seeds are from 1 on if the source's is 0, and else from 0 on.
  """
  return tuple(seed for seed in range(seeds + 1) if seed != net.source)


def fixed(
  label: str, *, masks: str = '', others: Seeds = _others, **init: Any
) -> Make:
  """Returns a function that builds a run whose masks never change.

  Args:
    label: of the run in the report.
    masks: reference to the run that the masks are from; the source if ''.
    others: (net, number of seeds) -> seeds.
    **init: fields of the section `init` of the config.
  """

  def make(net: Net, name: str, seeds: int) -> Run:
    changed = {f'init.{field}': value for field, value in init.items()}
    overrides = _sparse(net) | {'init.masks': masks or source(net)} | changed
    config = f'{net.configs}:static'
    return Run(name, config, overrides, seeds=others(net, seeds), label=label)

  return make


def _lottery(net: Net, name: str, seeds: int) -> Run:
  rewound = fixed('LT', checkpoint=source(net), checkpoint_step=net.rewind_step)
  return rewound(net, name, seeds)


def _prune_restart(net: Net, name: str, seeds: int) -> Run:
  return fixed('Prune Restart', checkpoint=source(net))(net, name, seeds)


def _scratch(net: Net, name: str, seeds: int) -> Run:
  return _from_start(net.scratch_start, 'Scratch')(net, name, seeds)


def _from_start(seed: int, label: str) -> Make:
  """Returns a builder of runs that start from one seed of `scratch_inits`."""
  start = f'{{scratch_inits@{seed}}}'
  return fixed(label, checkpoint=start, checkpoint_step=0)


def _moving(method: str, label: str, **changed: Any) -> Make:
  """Returns a builder of a run whose masks move, with each update probed.

  Args:
    method: of the config, 'set' or 'rigl'.
    label: of the run in the report.
    **changed: config fields, with '__' for '.'.
  """

  def make(net: Net, name: str, seeds: int) -> Run:
    overrides = {
      **_sparse(net),
      **net.moving,
      'init.masks': source(net),
      'gradient_flow.at_updates': True,
      'checkpoint.keep_steps': tuple(
        step for at in net.updates for step in (at, at + 1)
      ),
    }
    overrides |= {k.replace('__', '.'): v for k, v in changed.items()}
    config = f'{net.configs}:{method}'
    other_seeds = _others(net, seeds)
    return Run(name, config, overrides, seeds=other_seeds, label=label)

  return make


_RUNS: dict[str, Make] = {
  'dense': _dense,
  'small_dense': _small_dense,
  'pruned': pruned,
  'pruned_others': _pruned_others,
  # One start and five orders of the data, as in the paper's table.
  'lottery': _lottery,
  'scratch': _scratch,
  'scratch_stuck': _from_start(1, 'Scratch (start of seed 1)'),
  'scratch_inits': fixed('Scratch (different inits)'),
  'scratch_plus': fixed('Scratch+', name='sparse'),
  'prune_restart': _prune_restart,
  'set': _moving('set', 'SET'),
  'set_plus': _moving('set', 'SET+', init__name='sparse'),
  'rigl': _moving('rigl', 'RigL'),
  'rigl_plus': _moving('rigl', 'RigL+', init__name='sparse'),
  'rigl_inverted': _moving(
    'rigl', 'RigL+ inverted', init__name='sparse', updater__inverted=True
  ),
}
