import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from jaxsparse.analysis.gradient_flow import (
  first_order_change,
  flow_of_gradient,
  gradient_flow,
  gradient_flow_change,
  gradient_norm,
)
from jaxsparse.core import masks as masking
from jaxsparse.core.distributions.uniform import uniform

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(7, 5)).astype(np.float32)
TARGETS = RNG.normal(size=(7, 3)).astype(np.float32)
KERNEL = RNG.normal(size=(5, 3)).astype(np.float32)
BIAS = RNG.normal(size=3).astype(np.float32)


def loss(params, batch):
  inputs, targets = batch
  error = inputs @ params['kernel'] + params['bias'][None] - targets
  return jnp.mean(jnp.sum(error**2, axis=-1))


def numpy_gradients():
  error = np.float64(INPUTS) @ KERNEL + BIAS - TARGETS
  return 2 * INPUTS.T @ error / 7, 2 * error.mean(0)


@pytest.mark.parametrize('active', [0, 1, 8, 15])
def test_the_norm_is_that_of_active_weights_and_biases(active):
  mask = np.zeros(15, bool)
  mask[RNG.permutation(15)[:active]] = True
  mask = mask.reshape(5, 3)
  kernel, bias = numpy_gradients()
  found = gradient_norm(
    loss,
    {'kernel': jnp.asarray(KERNEL), 'bias': jnp.asarray(BIAS)},
    {'kernel': jnp.asarray(mask), 'bias': None},
    (INPUTS, TARGETS),
  )
  expected = np.sqrt(np.sum(kernel[mask] ** 2) + np.sum(bias**2))
  assert found.dtype == jnp.float32
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_no_active_weight_has_no_gradient():
  found = gradient_norm(
    lambda params, _: jnp.sum(params['kernel']),
    {'kernel': jnp.ones((2, 2))},
    {'kernel': jnp.zeros((2, 2), bool)},
    None,
  )
  assert found == 0


def test_a_gradient_that_is_not_finite_shows_only_inside_the_masks():
  params = {'kernel': jnp.asarray([[0.0, 1.0]])}

  def root(params, _):
    return jnp.sum(jnp.sqrt(params['kernel']))

  for mask, finite in (([[0, 1]], True), ([[1, 1]], False)):
    found = gradient_norm(
      root, params, {'kernel': jnp.asarray(mask, bool)}, None
    )
    assert np.isfinite(found) == finite


LAYERS = {
  'a': {'kernel': RNG.normal(size=(5, 6)), 'bias': RNG.normal(size=6)},
  'b': {'kernel': RNG.normal(size=(6, 3)), 'bias': RNG.normal(size=3)},
}
MASKS = {
  'a': {'kernel': RNG.random((5, 6)) < 0.4, 'bias': None},
  'b': {'kernel': RNG.random((6, 3)) < 0.4, 'bias': None},
}


def arrays(tree):
  return jax.tree.map(
    lambda x: jnp.asarray(x, bool if x.dtype == bool else jnp.float32), tree
  )


def deep_loss(params, batch):
  inputs, targets = batch
  hidden = inputs @ params['a']['kernel'] + params['a']['bias'][None]
  out = jnp.tanh(hidden) @ params['b']['kernel'] + params['b']['bias'][None]
  return jnp.mean(jnp.sum((out - targets) ** 2, axis=-1))


def numpy_deep(params, masks):
  """Squared norms by leaf of the masked gradient, by the chain rule."""
  params = jax.tree.map(np.float64, params)
  hidden = np.tanh(INPUTS @ params['a']['kernel'] + params['a']['bias'])
  out = hidden @ params['b']['kernel'] + params['b']['bias']
  d_out = 2 * (out - TARGETS) / len(INPUTS)
  d_hidden = d_out @ params['b']['kernel'].T * (1 - hidden**2)
  return {
    'a': {
      'kernel': np.sum((INPUTS.T @ d_hidden)[masks['a']['kernel']] ** 2),
      'bias': np.sum(d_hidden.sum(0) ** 2),
    },
    'b': {
      'kernel': np.sum((hidden.T @ d_out)[masks['b']['kernel']] ** 2),
      'bias': np.sum(d_out.sum(0) ** 2),
    },
  }


def test_the_flow_whole_by_layer_and_by_active_weight():
  squares = numpy_deep(LAYERS, MASKS)
  kernels = [squares['a']['kernel'], squares['b']['kernel']]
  found = gradient_flow(
    deep_loss, arrays(LAYERS), arrays(MASKS), (INPUTS, TARGETS)
  )
  jax.tree.map(
    lambda f, e: np.testing.assert_allclose(f, np.sqrt(e), rtol=1e-5),
    found.leaves,
    squares,
  )
  assert found.loss == deep_loss(arrays(LAYERS), (INPUTS, TARGETS))
  total = np.sqrt(sum(jax.tree.leaves(squares)))
  np.testing.assert_allclose(found.norm, total, rtol=1e-5)
  np.testing.assert_allclose(
    found.layer_mean, np.sqrt(kernels).mean(), rtol=1e-5
  )
  weights = sum(int(m.sum()) for m in jax.tree.leaves(MASKS))
  np.testing.assert_allclose(
    found.per_weight, np.sqrt(sum(kernels) / weights), rtol=1e-5
  )
  alone = gradient_norm(
    deep_loss, arrays(LAYERS), arrays(MASKS), (INPUTS, TARGETS)
  )
  np.testing.assert_allclose(found.norm, alone, rtol=1e-6)


@pytest.mark.parametrize('masks', [None, np.zeros((5, 3), bool)])
def test_without_masks_or_active_weights_there_is_no_flow_of_weights(masks):
  params = {'kernel': jnp.asarray(KERNEL), 'bias': jnp.asarray(BIAS)}
  found = gradient_flow(
    loss, params, {'kernel': masks, 'bias': None}, (INPUTS, TARGETS)
  )
  assert found.layer_mean == found.per_weight == 0
  assert found.norm > 0


@pytest.mark.parametrize(
  ('mask', 'message'),
  [
    (np.ones((1, 3), bool), r"'kernel' has shape \(1, 3\).*\(5, 3\)"),
    (np.ones((4, 3), bool), r"'kernel' has shape \(4, 3\)"),
    (np.full((5, 3), 0.5), "'kernel' has dtype float64; accepted is bool"),
  ],
)
def test_masks_that_do_not_fit_are_refused(mask, message):
  """Before the loss is called; those that broadcast would miscount weights."""
  params = {'kernel': jnp.asarray(KERNEL), 'bias': jnp.asarray(BIAS)}
  masks = {'kernel': mask, 'bias': None}

  def called(params, batch):
    raise AssertionError

  for measure in (gradient_flow, gradient_norm):
    with pytest.raises(ValueError, match=message):
      measure(called, params, masks, None)
  with pytest.raises(ValueError, match=message):
    gradient_flow_change(called, (params, masks), (params, masks), None)
  with pytest.raises(ValueError, match=message):
    jax.jit(lambda g: flow_of_gradient(g['bias'][0], g, masks))(params)


def test_the_change_is_that_of_the_same_batch():
  """One weight is dropped, one grown at 0, as by a mask update."""
  after = {k: dict(v) for k, v in MASKS.items()}
  mask = MASKS['a']['kernel'].copy()
  dropped, grown = np.argwhere(mask)[0], np.argwhere(~mask)[0]
  mask[tuple(dropped)], mask[tuple(grown)] = False, True
  after['a']['kernel'] = mask
  start, end = (
    masking.apply_masks(arrays(LAYERS), arrays(m)) for m in (MASKS, after)
  )
  end['a']['kernel'] = end['a']['kernel'].at[tuple(grown)].set(0)
  found = gradient_flow_change(
    deep_loss, (start, arrays(MASKS)), (end, arrays(after)), (INPUTS, TARGETS)
  )
  was, now = numpy_deep(start, MASKS), numpy_deep(end, after)
  change = np.sqrt(sum(jax.tree.leaves(now))) - np.sqrt(
    sum(jax.tree.leaves(was))
  )
  np.testing.assert_allclose(found.norm, change, rtol=1e-3, atol=1e-6)
  expected = np.sqrt(now['a']['kernel']) - np.sqrt(was['a']['kernel'])
  np.testing.assert_allclose(
    found.leaves['a']['kernel'], expected, rtol=1e-3, atol=1e-6
  )


def test_a_small_gradient_step_lowers_the_loss_as_the_expansion_has_it():
  params, batch, rate = arrays(LAYERS), (INPUTS, TARGETS), 1e-3
  masks = arrays(MASKS)
  params = masking.apply_masks(params, masks)
  grads = masking.apply_masks(jax.grad(deep_loss)(params, batch), masks)
  stepped = jax.tree.map(lambda p, g: p - rate * g, params, grads)
  change = deep_loss(stepped, batch) - deep_loss(params, batch)
  norm = gradient_norm(deep_loss, params, masks, batch)
  predicted = first_order_change(norm, learning_rate=rate)
  assert predicted < 0
  np.testing.assert_allclose(change, predicted, rtol=0.05)


@pytest.mark.parametrize('framework', ['nnx', 'equinox'])
def test_models_of_other_libraries(key, framework):
  if framework == 'nnx':
    graph, params = nnx.split(nnx.Linear(5, 3, rngs=nnx.Rngs(0)))
    apply = lambda params, x: nnx.merge(graph, params)(x)  # noqa: E731
  else:
    params = eqx.nn.Linear(5, 3, key=key)
    apply = lambda params, x: jax.vmap(params)(x)  # noqa: E731
  masks = masking.random_masks(params, uniform(params, 0.5), key=key)

  def squared(params, batch):
    return jnp.mean((apply(params, batch[0]) - batch[1]) ** 2)

  found = gradient_flow(squared, params, masks, (INPUTS, TARGETS))
  grads = masking.apply_masks(
    jax.grad(squared)(params, (INPUTS, TARGETS)), masks
  )
  flat = np.concatenate([np.ravel(g) for g in jax.tree.leaves(grads)])
  np.testing.assert_allclose(found.norm, np.linalg.norm(flat), rtol=1e-5)
  assert jax.tree.structure(found.leaves) == jax.tree.structure(params)
