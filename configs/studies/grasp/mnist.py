r"""Pruning before training on MNIST: every method and every control, one table.

  python -m launch.study --config=studies/grasp/mnist:mlp \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: mlp (LeNet-300-100, 1,200 steps of 100 images by SGD) and lenet5 (300
steps of 128 by Adam), at 90, 95, 98 and 99 %, 5 seeds. FOLDER is where TFDS has
mnist as array_record. 505 members each.

All methods rank the weights of all layers together, but for random tickets and
ERK. "After training" prunes the dense net of the same seed in one step, and
trains as long again.
"""

from typing import NamedTuple

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.studies.spec import Against, Analysis, Run, Study

from ._arms import TOGETHER, Overrides, arm


class _Net(NamedTuple):
  """A net: its config, its name in titles, and its fields."""

  config: str
  title: str
  fields: Overrides


_NETS = {
  'mlp': _Net('mnist/lenet_300_100', 'LeNet-300-100', {'num_epochs': 2.0}),
  'lenet5': _Net(
    'mnist/lenet5',
    'LeNet5',
    {
      'num_epochs': 0.64,
      'init.name': 'dense',
      # By its SGD most nets are at chance after so few steps.
      'optimizer.name': 'adam',
      'optimizer.learning_rate': 0.002,
      'optimizer.weight_decay': 0.0,
    },
  ),
}
NETS = tuple(_NETS)

_SPARSITY = 'updater.sparsity'
# Evaluated, probed and saved at both ends alone.
_ENDS = {
  f'{section}.interval': 1_000_000
  for section in ('gradient_flow', 'checkpoint', 'eval')
}
_SCORED = ('snip', 'grasp', 'synflow')
_BEFORE = (
  *('random', 'smart_ratio', 'magnitude', 'snip', 'iterative_snip', 'grasp'),
  *('force', 'synflow'),
)
_CONTROLS = (
  *(f'{m}_{c}' for m in _SCORED for c in ('shuffled', 'fresh', 'inverted')),
  'grasp_absolute',
  *(f'{m}_{c}' for m in ('snip', 'grasp') for c in ('labels', 'pixels')),
)
_AFTER = {
  'magnitude_after': ('magnitude, after training', 'magnitude_at_init', {}),
  'obd_after': ('OBD, after training', 'obd', {'scoring.per_class': 100}),
}
_AT = {_SPARSITY: 0.98}


_CLAIMS: dict[str, Claim] = {
  **{
    f'{arm(method).label} ends 3 points above random at 99 %.': Difference(
      method, 'random', '>=', 3.0, at={_SPARSITY: 0.99}
    )
    for method in ('magnitude', *_SCORED)
  },
  **{
    f'{arm(control).label}: at 98 % that costs at most 1.5 points.': Difference(
      control, control.split('_')[0], '>=', -1.5, at=_AT
    )
    for control in _CONTROLS
  },
  **{
    f'Pruning after training ends above {arm(method).label} at 98 %.': Ordering(
      (method, 'magnitude_after'), at=_AT
    )
    for method in _BEFORE
  },
  'At 90 % GraSP leaves a larger gradient than SNIP.': Ordering(
    ('snip', 'grasp'), metric='gradient_norm@0', at={_SPARSITY: 0.9}
  ),
  'At 90 % SNIP leaves a larger gradient than random masks.': Ordering(
    ('random', 'snip'), metric='gradient_norm@0', at={_SPARSITY: 0.9}
  ),
}


def _run(net: _Net, name: str, label: str, fields: Overrides) -> Run:
  return Run(
    name,
    f'{net.config}:static',
    {**net.fields, **_ENDS, **TOGETHER, **fields},
    grid={_SPARSITY: (0.9, 0.95, 0.98, 0.99)},
    label=label,
  )


def _analyses(names: tuple[str, ...]) -> tuple[Analysis, ...]:
  """Returns what is measured of the masks and the start of seed 0."""
  starts = (*_BEFORE, 'grasp_inverted', 'grasp_absolute')
  return (
    *(
      Analysis(
        f'{name}_paths',
        (f'{name}@0',),
        'effective_sparsity',
        drawn=name in ('random', *_SCORED, 'magnitude_after'),
      )
      for name in names
    ),
    *(
      Analysis(
        f'{name}_gradient',
        (f'{name}@0',),
        'gradient_preservation',
        {'temperature': 200.0},
        drawn=False,
      )
      for name in starts
    ),
  )


def get_config(name: str = 'mlp') -> Study:
  """Returns the study of a net."""
  net = _NETS[name]
  arms = {arm_name: arm(arm_name) for arm_name in (*_BEFORE, *_CONTROLS)}
  return Study(
    title=f'{net.title} on MNIST: pruning before training, and its controls',
    source=(
      'after Wang et al. 2020 (GraSP), Frankle et al. 2021 ("... Why Are We'
      ' Missing the Mark?") and Su et al. 2020, whose nets are larger'
    ),
    runs=(
      Run('dense', f'{net.config}:dense', {**net.fields, **_ENDS}),
      _run(net, 'erk', 'random, ERK', {'updater.distribution': 'erk'}),
      *(_run(net, key, *one) for key, one in arms.items()),
      *(
        _run(
          net,
          key,
          label,
          {'updater.name': method, 'init.checkpoint': '{dense}', **fields},
        )
        for key, (label, method, fields) in _AFTER.items()
      ),
    ),
    metrics=(
      *('test_accuracy', 'gradient_norm@0', 'squared_gradient_norm_ratio'),
      *('dead_outputs', 'effective_sparsity', 'empty_layers'),
    ),
    figures=(
      Against(_SPARSITY, runs=('dense', 'erk', *_BEFORE, *_AFTER)),
      Against(
        _SPARSITY, runs=('grasp', *(c for c in _CONTROLS if 'grasp' in c))
      ),
      Against(_SPARSITY, runs=('snip', *(c for c in _CONTROLS if 'snip' in c))),
      Against(
        _SPARSITY, runs=('synflow', *(c for c in _CONTROLS if 'synflow' in c))
      ),
      Against(
        _SPARSITY, 'gradient_norm@0', runs=('dense', 'erk', *_BEFORE), log=True
      ),
    ),
    analyses=_analyses((*_BEFORE, *_CONTROLS, *_AFTER)),
    claims=with_texts(_CLAIMS),
    notes=(
      'A control takes one thing away from a method: the place of its weights'
      ' ("shuffled"), the weights that it saw ("new weights"), the order of its'
      ' scores ("inverted"), the data ("random labels"). What it keeps of the'
      ' accuracy does not need what it lost.'
    ),
  )
