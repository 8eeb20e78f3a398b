"""Every optimiser of Optax, by how it stands to masks, and scripted masks.

The parameters have one shape each, so that a test can tell whose statistic a
leaf of an optimiser's state is without asking the code under test.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optax import contrib

from jaxsparse.core.drop_grow import carry_over
from jaxsparse.core.types import MaskState, MaskUpdater

W, B = (5, 7), (3,)


def _ascent():
  return optax.chain(contrib.normalize(), optax.sgd(0.05))


PER_WEIGHT = {
  'adabelief': lambda: optax.adabelief(0.1),
  'adadelta': lambda: optax.adadelta(0.1, weight_decay=0.1),
  'adagrad': lambda: optax.adagrad(0.1),
  'adam': lambda: optax.adam(0.1),
  'adamax': lambda: optax.adamax(0.1),
  'adamaxw': lambda: optax.adamaxw(0.1),
  'adamw': lambda: optax.adamw(0.1, weight_decay=0.1),
  'adan': lambda: optax.adan(0.1, weight_decay=0.1),
  'amsgrad': lambda: optax.amsgrad(0.1),
  'fromage': lambda: optax.fromage(0.1),
  'lamb': lambda: optax.lamb(0.1, weight_decay=0.1),
  'lars': lambda: optax.lars(0.1, weight_decay=0.1, momentum=0.9),
  'lion': lambda: optax.lion(0.1),
  'nadam': lambda: optax.nadam(0.1),
  'nadamw': lambda: optax.nadamw(0.1),
  'noisy_sgd': lambda: optax.noisy_sgd(0.1, key=0),
  'optimistic_adam': lambda: optax.optimistic_adam(0.1),
  'optimistic_adam_v2': lambda: optax.optimistic_adam_v2(0.1),
  'optimistic_gradient_descent': (
    lambda: optax.optimistic_gradient_descent(0.1)
  ),
  'radam': lambda: optax.radam(0.1),
  'rmsprop': lambda: optax.rmsprop(
    0.1, centered=True, momentum=0.9, initial_scale=1.0
  ),
  'rprop': lambda: optax.rprop(0.1),
  'sgd': lambda: optax.sgd(0.1, momentum=0.9, nesterov=True),
  'sign_sgd': lambda: optax.sign_sgd(0.1),
  'signum': lambda: optax.signum(0.1),
  'yogi': lambda: optax.yogi(0.1),
  'acprop': lambda: contrib.acprop(0.1),
  'ademamix': lambda: contrib.ademamix(0.1, weight_decay=0.1),
  'adopt': lambda: contrib.adopt(0.1),
  'cocob': lambda: contrib.cocob(),
  'dadapt_adamw': lambda: contrib.dadapt_adamw(weight_decay=0.1),
  'dog': lambda: contrib.dog(),
  'dowg': lambda: contrib.dowg(),
  'madgrad': lambda: contrib.madgrad(0.1),
  'mechanize': lambda: contrib.mechanize(optax.adam(0.1), weight_decay=0.1),
  'prodigy': lambda: contrib.prodigy(),
  'sam': lambda: contrib.sam(optax.adam(0.1), _ascent(), sync_period=2),
  'schedule_free': lambda: contrib.schedule_free(optax.sgd(0.1), 0.1),
  'schedule_free_adamw': lambda: contrib.schedule_free_adamw(0.1),
  'schedule_free_sgd': lambda: contrib.schedule_free_sgd(0.1),
  'simplified_ademamix': lambda: contrib.simplified_ademamix(0.001),
}
WRAPPED = {
  'chain': lambda: optax.chain(
    optax.clip_by_global_norm(1.0),
    optax.centralize(),
    optax.adaptive_grad_clip(0.1),
    optax.add_decayed_weights(0.1),
    optax.add_noise(0.1, 0.5, key=0),
    optax.trace(0.9),
    optax.scale(-0.1),
  ),
  'inject_hyperparams': lambda: optax.inject_hyperparams(optax.adamw)(
    learning_rate=optax.linear_schedule(0.1, 0.0, 9)
  ),
  'masked': lambda: optax.masked(optax.adam(0.1), {'b': False, 'w': True}),
  'mask_function': lambda: optax.adamw(
    0.1, mask=lambda p: jax.tree.map(lambda x: x.ndim > 1, p)
  ),
  'partition': lambda: optax.partition(
    {'one': optax.adagrad(0.1), 'two': optax.adam(0.1)},
    {'b': 'one', 'w': 'two'},
  ),
  'multi_steps': lambda: optax.MultiSteps(optax.adagrad(0.1), 2),
  'apply_if_finite': lambda: optax.apply_if_finite(optax.adam(0.1), 3),
  'conditionally_mask': lambda: optax.conditionally_mask(
    optax.adam(0.1), lambda step: step % 2 == 0
  ),
}
# Kept whole at a mask change: statistics of a leaf, its rows or its columns.
FACTORED = {
  'adafactor': lambda: optax.adafactor(
    0.1, min_dim_size_to_factor=2, weight_decay_rate=0.1
  ),
  'novograd': lambda: optax.novograd(0.1, weight_decay=0.1),
  'sm3': lambda: optax.sm3(0.1),
}
# Name -> (builder, what the error says).
REFUSED = {
  'lbfgs': (lambda: optax.lbfgs(), "'value_fn'"),
  'lbfgs without line search': (
    lambda: optax.lbfgs(0.1, linesearch=None),
    r"'b' of shape \(3,\) it keeps a statistic of shape \(10, 3\)",
  ),
  'polyak_sgd': (lambda: optax.polyak_sgd(), "'value'"),
  'momo': (lambda: contrib.momo(), "'value'"),
  'momo_adam': (lambda: contrib.momo_adam(), "'value'"),
  'reduce_on_plateau': (
    lambda: optax.chain(optax.sgd(0.1), contrib.reduce_on_plateau()),
    "'value'",
  ),
  'sophia': (lambda: contrib.sophia(0.1), 'obj_fn'),
  'dpsgd': (lambda: contrib.dpsgd(0.1, 1.0, 1.0, 0), 'batch dimension'),
  'opaque sam': (
    lambda: contrib.sam(
      optax.sgd(0.1), _ascent(), sync_period=2, opaque_mode=True
    ),
    'grad_fn',
  ),
  'lookahead': (lambda: optax.lookahead(optax.sgd(0.1), 2, 0.5), "'fast'"),
  'muon': (lambda: contrib.muon(0.1), 'matrix function'),
  'galore': (lambda: contrib.galore(0.1, rank=2), 'nor a reduction'),
  'flatten': (lambda: optax.flatten(optax.adam(0.1)), 'cannot be matched'),
  'labels by a function': (
    lambda: optax.partition(
      {'one': optax.sgd(0.1)}, lambda p: dict.fromkeys(p, 'one')
    ),
    'pass the labels as a tree',
  ),
}


def _fixture(table):
  def fixture(request):
    return table[request.param]()

  return pytest.fixture(params=list(table))(fixture)


per_weight = _fixture(PER_WEIGHT | WRAPPED)
factored = _fixture(FACTORED)
by_name = _fixture(
  {
    name: lambda name=name, builder=builder: (name, builder())
    for name, builder in (PER_WEIGHT | WRAPPED | FACTORED).items()
  }
)


@pytest.fixture(params=list(REFUSED))
def refused(request):
  builder, words = REFUSED[request.param]
  return builder(), words


@pytest.fixture
def settled():
  return {*PER_WEIGHT, *FACTORED, *REFUSED}


@pytest.fixture
def params():
  rng = np.random.default_rng(0)
  return {
    'b': jnp.asarray(rng.normal(size=B), jnp.float32),
    'w': jnp.asarray(rng.normal(size=W), jnp.float32),
  }


def draw_masks(seed, active=15):
  flat = np.random.default_rng(seed).permutation(np.prod(W)) < active
  return {'b': None, 'w': jnp.asarray(flat.reshape(W))}


@pytest.fixture
def masks():
  """Two masks of one layer, which overlap; the bias is exempt."""
  return draw_masks(1), draw_masks(2)


@pytest.fixture
def scripted():
  """A method that changes to the next of some masks at each mask step."""

  def build(*script, **fields):
    def init(params, *, key, probe=None):
      return MaskState(script[0], jnp.int32(0))

    def update(grads, state, params, *, step, key):
      turn = (state.inner + 1) % len(script)
      new = {'b': None, 'w': jnp.stack([m['w'] for m in script])[turn]}
      return carry_over(params, state.masks, new), MaskState(new, turn)

    return MaskUpdater(init=init, update=update, **fields)

  return build
