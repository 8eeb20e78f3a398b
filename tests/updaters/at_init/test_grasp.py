"""GraSP: its sign, its sums of a net with BatchNorm, its two modes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_nets as nets

from jaxsparse.core import gradients
from jaxsparse.core.criteria.gradient_flow import gradient_flow
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Probe
from jaxsparse.updaters.grasp import grasp
from jaxsparse.updaters.iterative_snip import iterative_snip
from jaxsparse.updaters.random import random
from jaxsparse.updaters.static import static

SIZES = (64, 60, 40, 10)
TOTAL = 64 * 60 + 60 * 40 + 40 * 10


def squared_norm(params, masks, batches, temperature=200.0):
  """Of the gradient of the active weights."""
  at = gradients.objective(
    Probe(nets.loss, batches),
    apply_masks(params, masks),
    masks,
    temperature=temperature,
  )
  grads = apply_masks(gradients.gradient(at), masks)
  return float(sum(jnp.sum(g**2) for g in jax.tree.leaves(grads)))


def pruned(updater, params, probe):
  return updater.init(params, key=jax.random.key(0), probe=probe).masks


def setup(seed, density):
  params = nets.glorot(SIZES, seed)
  counts = nets.counts(params, round(TOTAL * density))
  return params, counts, nets.probe(SIZES, seed)


def test_it_keeps_what_the_gradient_flow_needs_and_not_the_opposite():
  """Pins the sign, and that what is removed first would raise the norm."""
  ratios = []
  for seed in range(3):
    params, counts, probe = setup(seed, 0.1)
    norms = [
      squared_norm(params, pruned(updater, params, probe), probe.batches)
      for updater in (
        grasp(counts, temperature=200.0),
        iterative_snip(counts, rounds=1),
        random(counts),
      )
    ]
    inverted = pruned(
      grasp_with(counts, inverted=True, temperature=200.0), params, probe
    )
    norms.append(squared_norm(params, inverted, probe.batches))
    ratios.append(norms)
  flow, sensitivity, drawn, inverted = np.mean(ratios, axis=0)
  assert flow > 1.5 * sensitivity
  assert sensitivity > 10 * drawn
  assert flow > 100 * inverted


def grasp_with(counts, *, inverted, **options):
  return grasp.options(grasp(counts, **options), inverted=inverted)


def test_the_weights_of_highest_score_stay():
  params, counts, probe = setup(0, 0.1)
  at = gradients.objective(probe, params, counts)
  product = gradients.hessian_product(at, gradients.gradient(at))
  scores = nets.flat(
    gradient_flow(at.weights, product, key=jax.random.key(0))
  ).astype(np.float64)
  masks = nets.flat(pruned(grasp(counts), params, probe))
  assert masks.sum() == round(TOTAL * 0.1)
  assert scores[masks].min() >= scores[~masks].max()


def test_faithful_keeps_one_weight_more_and_sums_batches():
  params, counts, probe = setup(0, 0.1)
  inputs, labels = probe.batches[0]
  parts = [(inputs[:25], labels[:25]), (inputs[25:], labels[25:])]
  probe = probe._replace(batches=parts)
  clean, faithful = (
    nets.flat(pruned(grasp(counts, faithful=f), params, probe))
    for f in (False, True)
  )
  assert faithful.sum() == clean.sum() + 1
  assert (faithful != clean).sum() > 1
  equal = probe._replace(batches=[(inputs[:50], labels[:50])])
  clean, faithful = (
    nets.flat(pruned(grasp(counts, faithful=f), params, equal))
    for f in (False, True)
  )
  assert (faithful & ~clean).sum() == 1
  assert not (clean & ~faithful).any()


def test_the_key_changes_nothing_and_a_temperature_does():
  params, counts, probe = setup(0, 0.05)
  first, again = (
    nets.flat(
      grasp(counts).init(params, key=jax.random.key(k), probe=probe).masks
    )
    for k in (0, 1)
  )
  np.testing.assert_array_equal(first, again)
  cold = nets.flat(pruned(grasp(counts, temperature=200.0), params, probe))
  assert (cold != first).mean() > 0.01


def convolutions(params, images, eps):
  """Three convolutions with BatchNorm in training mode, and a linear head."""
  for name in ('a', 'b', 'c'):
    images = jax.lax.conv_general_dilated(
      images,
      params[name]['kernel'],
      (1, 1),
      'SAME',
      dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
    )
    mean = images.mean((0, 1, 2), keepdims=True)
    variance = ((images - mean) ** 2).mean((0, 1, 2), keepdims=True)
    images = jax.nn.relu((images - mean) / jnp.sqrt(variance + eps))
  return images.mean((1, 2)) @ params['head']['kernel']


@pytest.mark.parametrize(
  ('dtype', 'eps', 'within'), [('float64', 0.0, 1e-6), ('float32', 1e-5, 0.01)]
)
def test_before_batch_norm_scores_sum_to_the_norm_of_the_gradient(
  dtype, eps, within
):
  """S_l = -sum w (Hg) = ||g_l||^2, whatever the batches and the temperature.

  At a high temperature the head's sum is their negative, so that the sum of
  all, by which the authors divide, is 0 up to rounding.
  """
  with jax.enable_x64(dtype == 'float64'):
    draw = np.random.default_rng(0)
    shapes = {'a': (3, 3, 2, 6), 'b': (3, 3, 6, 8), 'c': (3, 3, 8, 8)}
    shapes['head'] = (8, 10)
    params = {
      name: {
        'kernel': jnp.asarray(
          draw.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1])), dtype
        )
      }
      for name, shape in shapes.items()
    }
    images = jnp.asarray(draw.normal(size=(40, 6, 6, 2)), dtype)
    labels = jnp.arange(40) % 10

    def loss(params, row, *, temperature):
      logits = convolutions(params, images[row], eps) / temperature
      chosen = jax.nn.log_softmax(logits)[jnp.arange(len(row)), labels[row]]
      return -jnp.mean(chosen) * temperature  # Else float32 loses digits.

    rows = jnp.arange(40).reshape(2, 20)
    at = gradients.objective(
      Probe(loss, rows),
      params,
      params,
      temperature=200.0,
    )
    grads = gradients.gradient(at)
    product = gradients.hessian_product(at, grads)
    sums = {
      name: float(-jnp.sum(params[name]['kernel'] * product[name]['kernel']))
      for name in params
    }
    norms = {
      name: float(jnp.sum(grads[name]['kernel'] ** 2)) for name in params
    }
    signed = {
      name: float(jnp.sum(params[name]['kernel'] * grads[name]['kernel']))
      for name in params
    }
  for name in ('a', 'b', 'c'):
    assert abs(sums[name] / norms[name] - 1) < within
    assert abs(signed[name]) < 0.01 * norms[name] ** 0.5
  of_convolutions = sum(sums[name] for name in ('a', 'b', 'c'))
  assert abs(sums['head'] / -of_convolutions - 1) < max(0.01, within)
  assert abs(sum(sums.values())) < 0.01 * of_convolutions


def test_a_layer_can_be_exempt_and_is_no_part_of_the_gradient():
  params, _, probe = setup(0, 0.1)
  counts = {name: {'kernel': 50} for name in params}
  counts['layer_2'] = {'kernel': None}
  masks = pruned(grasp(counts), params, probe)
  assert masks['layer_2']['kernel'] is None
  alone = {name: params[name] for name in ('layer_0', 'layer_1')}

  def loss(part, batch):
    return nets.loss(part | {'layer_2': params['layer_2']}, batch)

  expected = pruned(
    grasp({name: counts[name] for name in alone}),
    alone,
    Probe(loss, probe.batches),
  )
  np.testing.assert_array_equal(nets.flat(masks), nets.flat(expected))


def test_a_mask_of_the_wrong_inputs_is_refused():
  params, counts, _ = setup(0, 0.1)
  with pytest.raises(ValueError, match='a probe with a loss'):
    pruned(grasp(counts), params, None)
  assert pruned(static(counts), params, None)
