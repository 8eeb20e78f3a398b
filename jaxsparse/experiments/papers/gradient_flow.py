"""The runs of Evci et al. 2022, "Gradient Flow in Sparse Neural Networks".

On MNIST, by the authors' published settings: 11,719 steps of 128 images (25
epochs), pixels in [0, 1], SGD with momentum 0.9 and a cosine to 0, every layer
as sparse as the next, first and last too. One net is pruned gradually (steps
3,000 to 7,000); its masks are what every other sparse net starts from, and its
weights what tickets are rewound to. '+' means the sparse initialisation.

**Deviations**: growth is scored on the batch of the mask step, not on 1,000
fixed images; the drop fraction decays from the first mask step rather than
from step 0; a layer of n keeps ceil(n (1 - s)) weights, which is theirs,
round(n (1 - s)), for these.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jaxsparse.experiments.studies.spec import Run

STEPS = 11_719
# Mask steps that the Hessian is taken before and after.
UPDATES = (300, 500, 1000, 2000)
# The one whose masks the other runs take.
PRUNED = '{pruned@0}'

Overrides = Mapping[str, Any]
Make = Callable[['Net', str, int], Run]


class Net(NamedTuple):
  """A model with its settings.

  Attributes:
    name: of the model's configs, `mnist/<name>_<method>`.
    sparsity: of every layer.
    small: widths of the dense net with as many weights.
    overrides: of every run.
    update_interval: of SET and RigL.
  """

  name: str
  sparsity: float
  small: tuple[int, ...]
  overrides: Overrides
  update_interval: int


def _overrides(learning_rate: float, l2: float) -> dict[str, Any]:
  return {
    'num_epochs': None,
    'num_steps': STEPS,
    'batch_size': 128,
    'optimizer.learning_rate': learning_rate,
    # l2 |w|^2 is what the authors add to the loss: its gradient is 2 l2 w.
    'optimizer.weight_decay': 2 * l2,
    'log_interval': 100,
    'gradient_flow.interval': 100,
    'eval.interval': 1000,
    'checkpoint.interval': 4000,
  }


LENET5 = Net('lenet5', 0.95, (3, 3, 27, 20), _overrides(0.05, 5e-4), 100)
MLP = Net('lenet_300_100', 0.98, (8, 8), _overrides(0.2, 1e-4), 500)


def runs(
  net: Net,
  names: tuple[str, ...],
  paper: Mapping[str, Mapping[str, float]] | None = None,
  *,
  seeds: int = 5,
) -> tuple[Run, ...]:
  """The runs called `names`, in the order given.

  Args:
    net: the model with its settings.
    names: 'dense', 'pruned', 'lottery' ...
    paper: name -> metric -> the paper's number.
    seeds: of each.
  """
  given = paper or {}
  return tuple(
    dataclasses.replace(
      _RUNS[name](net, name, seeds),
      paper=given.get(name, {}),
    )
    for name in names
  )


def _dense(net: Net, name: str, seeds: int) -> Run:
  overrides = {**net.overrides, 'updater.sparsity': 0.0}
  return Run(name, f'mnist/{net.name}_dense', overrides, seeds=seeds)


def _small_dense(net: Net, name: str, seeds: int) -> Run:
  overrides = {
    **net.overrides,
    'updater.sparsity': 0.0,
    'model.features': net.small,
  }
  config = f'mnist/{net.name}_dense'
  return Run(name, config, overrides, seeds=seeds, label='small dense')


def _sparse(net: Net) -> dict[str, Any]:
  return {
    **net.overrides,
    'updater.sparsity': net.sparsity,
    'updater.distribution': 'uniform',
    'updater.dense_first': False,
    'init.name': 'dense',
  }


def _pruned(net: Net, name: str, seeds: int) -> Run:
  overrides = _sparse(net) | {
    'updater.update_interval': 100,
    'updater.start_step': 3000,
    # The last mask step is 7,000.
    'updater.stop_step': 7001,
  }
  return Run(name, f'mnist/{net.name}_gmp', overrides, seeds=seeds)


def _others(seeds: int) -> tuple[int, ...]:
  """Without seed 0, whose fresh start is that of the pruned net: a ticket."""
  return tuple(range(1, seeds + 1))


def _fixed(label: str, **init: Any) -> Make:
  """A run whose masks never change; `init` are fields of that section."""

  def make(net: Net, name: str, seeds: int) -> Run:
    changed = {f'init.{field}': value for field, value in init.items()}
    overrides = _sparse(net) | {'init.masks': PRUNED} | changed
    config = f'mnist/{net.name}_static'
    return Run(name, config, overrides, seeds=_others(seeds), label=label)

  return make


def _moving(method: str, label: str, **changed: Any) -> Make:
  """A run whose masks move, every update probed; `changed` are fields."""

  def make(net: Net, name: str, seeds: int) -> Run:
    overrides = _sparse(net) | {
      'init.masks': PRUNED,
      'updater.update_interval': net.update_interval,
      'updater.start_step': net.update_interval,
      'updater.stop_step': STEPS,
      'updater.drop_fraction': 0.3,
      'gradient_flow.at_updates': True,
      'checkpoint.keep_steps': tuple(
        step for at in UPDATES for step in (at, at + 1)
      ),
    }
    overrides |= {k.replace('__', '.'): v for k, v in changed.items()}
    config = f'mnist/{net.name}_{method}'
    return Run(name, config, overrides, seeds=_others(seeds), label=label)

  return make


_RUNS: dict[str, Make] = {
  'dense': _dense,
  'small_dense': _small_dense,
  'pruned': _pruned,
  # One start and five orders of the data, as in the paper's table.
  'lottery': _fixed('LT', checkpoint=PRUNED, checkpoint_step=0),
  'scratch': _fixed(
    'Scratch', checkpoint='{scratch_inits@1}', checkpoint_step=0
  ),
  'scratch_inits': _fixed('Scratch (different inits)'),
  'scratch_plus': _fixed('Scratch+', name='sparse'),
  'prune_restart': _fixed('Prune Restart', checkpoint=PRUNED),
  'set': _moving('set', 'SET'),
  'set_plus': _moving('set', 'SET+', init__name='sparse'),
  'rigl': _moving('rigl', 'RigL'),
  'rigl_plus': _moving('rigl', 'RigL+', init__name='sparse'),
  'rigl_inverted': _moving(
    'rigl', 'RigL+ inverted', init__name='sparse', updater__inverted=True
  ),
}
