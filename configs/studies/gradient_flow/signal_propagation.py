r"""LeNet5: how much signal each initialisation lets through, by sparsity.

  python -m launch.study \
    --config=configs/studies/gradient_flow/signal_propagation.py --workdir=DIR

The standard deviation of the logits at initialisation, as N(0, 1) noise goes
in. It is 28x28x3, as in the paper's figure; with `--override data.name=mnist
--override data.dir=FOLDER`, FOLDER being where TFDS has MNIST as array_record,
it has the one channel of MNIST. Members are nets at step 0, which train for one
step because runs do: 280 took 4.3 minutes of CPU time.

Results: signal_propagation.md. The courses are the paper's, the sizes are not,
and why is not known. At 98 % of the uneven masks one of five masked nets is
dead, and two of five scaled ones, so those means say little. With the shape of
MNIST and 3 seeds masked Glorot is 0.25 at 7 %, scaled by unit 4.0; 11 of the 18
places of claims hold and none fails.
"""

from collections.abc import Mapping
from typing import Any

from jaxsparse.claims import Bound, Claim, Ordering, Ratio, with_texts
from jaxsparse.studies.spec import Against, Analysis, Run, Study

_SPARSITIES = (0.07, 0.28, 0.49, 0.77, 0.84, 0.91, 0.98)
_METRIC = 'logit_deviation'
_SPARSITY, _SAMPLER = 'updater.sparsity', 'updater.sampler'
_UNEVEN, _UNIFORM = {_SAMPLER: 'uneven'}, {_SAMPLER: 'uniform'}
# Read off the figure, at the sparsities above; its masks are the uneven ones.
_PAPER = {
  'glorot': (0.24, 0.079, 0.036, 0.0062, 0.0010, 0.00042, 4.6e-6),
  'layer_scaled': (1.9, 2.0, 1.3, 1.3, 1.4, 1.5, 0.0097),
  'sparse': (1.8, 1.5, 1.6, 1.3, 0.21, 0.075, 0.057),
}
_OVERRIDES = {
  'data.name': 'noise',
  'num_epochs': None,
  'num_steps': 1,
  'eval.batch_size': 100,
  'gradient_flow.interval': 0,
  'checkpoint.keep': 1,
  'updater.distribution': 'uniform',
  'updater.dense_first': False,
}


def _run(name: str, label: str, changed: Mapping[str, Any]) -> Run:
  printed = {
    ('uneven', sparsity): number
    for sparsity, number in zip(_SPARSITIES, _PAPER.get(name, ()), strict=False)
  }
  return Run(
    name,
    'mnist/lenet5:static',
    overrides=_OVERRIDES | dict(changed),
    grid={_SAMPLER: ('uneven', 'uniform'), _SPARSITY: _SPARSITIES},
    label=label,
    paper={_METRIC: printed},
  )


_RUNS = (
  _run('glorot', 'masked Glorot', {'init.name': 'dense'}),
  _run(
    'he', 'masked He', {'init.name': 'dense', 'model.kernel_init': 'he_normal'}
  ),
  _run(
    'layer_scaled',
    'scaled by layer',
    {'init.name': 'layer_scaled', 'init.distribution': 'truncated_normal'},
  ),
  _run('sparse', 'scaled by unit', {'init.name': 'sparse'}),
)
_CLAIMS: dict[str, Claim] = {
  'Under i.i.d. masks the sparse init keeps the signal up to 98 %.': Bound(
    'sparse', '>=', 0.1, metric=_METRIC, at=_UNIFORM
  ),
  'At 98 % masked Glorot has lost it by orders of magnitude.': Ratio(
    'glorot',
    'sparse',
    '<=',
    0.01,
    metric=_METRIC,
    at=_UNIFORM | {_SPARSITY: 0.98},
  ),
  'So has masked He: it is masking that loses it, not Glorot.': Ratio(
    'he', 'sparse', '<=', 0.01, metric=_METRIC, at=_UNIFORM | {_SPARSITY: 0.98}
  ),
  'With nearly all weights there, He alone is far above Glorot.': Ratio(
    'he', 'glorot', '>=', 3.0, metric=_METRIC, at=_UNIFORM | {_SPARSITY: 0.07}
  ),
  'Under the masks of the figure, too, the sparse init is above Glorot.': (
    Ordering(('glorot', 'sparse'), metric=_METRIC, at=_UNEVEN)
  ),
  'Under those masks even the sparse init falls below 1 in the end.': Bound(
    'sparse', '<=', 1.0, metric=_METRIC, at=_UNEVEN | {_SPARSITY: 0.98}
  ),
}


def get_config() -> Study:
  """Returns the study."""
  return Study(
    title='LeNet5: signal at initialisation against sparsity',
    source=(
      'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win: the figure of signal propagation, whose numbers'
      ' are read off it'
    ),
    runs=_RUNS,
    metrics=(_METRIC,),
    across=_SAMPLER,
    figures=tuple(
      Against(_SPARSITY, _METRIC, log=True, at=at) for at in (_UNEVEN, _UNIFORM)
    ),
    analyses=tuple(
      Analysis(
        f'{run.name}_signal',
        (run.name,),
        'signal_at_init',
        {'noise': True},
        drawn=False,
      )
      for run in _RUNS
    ),
    claims=with_texts(_CLAIMS),
    notes=(
      'Standard deviation of all logits of 500 images of N(0, 1) noise, the'
      ' same for every net (the paper: 3 nets), in the shape of the data: 28 x'
      ' 28 x 3 by default, as in the paper. Every layer is as sparse as the'
      ' next, first and last too. "uneven" masks are those of the code behind'
      ' the figure, which leave the first units of each layer without inputs;'
      ' "uniform" ones are i.i.d., and have no numbers in the paper. Its dense'
      ' net is Glorot uniform and the others are He, so masked He is here'
      ' beside it; its net scaled by layer is truncated normal.'
    ),
  )
