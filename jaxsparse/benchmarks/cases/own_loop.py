"""Cost of `optim.sparsify` in a loop of one's own, against Optax alone."""

from collections.abc import Callable, Iterator

import optax

from jaxsparse.benchmarks import own
from jaxsparse.benchmarks.harness import Comparison

_FIRST = 100
_ROUNDS = {'LeNet-300-100': 21, 'Transformer': 11}
# So low that the one batch is not learnt by heart: gradients that are next to 0
# take longer to multiply.
_SGD = optax.sgd(1e-6, momentum=0.9)
_ADAMW = optax.adamw(1e-7)

Sparse = Callable[[], optax.GradientTransformation]


def own_loop() -> Iterator[Comparison]:
  """Compares steps of static masks and of RigL, `sparsify_params` in or out."""
  lenet = own.lenet()
  yield from compare(lenet, 'SGD', _SGD)
  yield from compare(lenet, 'AdamW', _ADAMW)
  yield from compare(own.transformer(), 'AdamW', _ADAMW)


def compare(
  net: own.Problem, name: str, tx: optax.GradientTransformation
) -> Iterator[Comparison]:
  """Compares the loops of one net and one optimiser with the dense loop."""

  def rigl(start_step: int, update_interval: int) -> Sparse:
    return lambda: own.rigl_sparse(
      net, tx, start_step=start_step, update_interval=update_interval
    )

  # With 99 steps at 1.04 and one at 2, an interval of 100 costs 1.05.
  changing = (
    ('RigL, a mask step', rigl(1, 1), 2.0)
    if net.steps < _FIRST
    else ('RigL, a mask step in 100', rigl(_FIRST, 100), 1.05)
  )
  dense = own.loop(net, tx)
  for what, sparse, aim in (
    ('static masks', lambda: own.static_sparse(net, tx), 1.03),
    ('RigL between mask steps', rigl(_FIRST, own.NEVER), 1.04),
    ('the same with start_step=0', rigl(0, own.NEVER), 1.04),
    changing,
  ):
    for masked in ('in the step', 'before the loop'):
      yield Comparison(
        f'own loop of {net.name}, {name}: {what}, sparsify_params {masked}',
        dense,
        own.loop(net, sparse(), masked),
        own.loop(net, sparse(), masked),
        aim=aim,
        speedup=False,
        rounds=_ROUNDS.get(net.name, 3),
      )
