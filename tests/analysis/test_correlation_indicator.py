import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis.correlation_indicator import correlation_indicator

RNG = np.random.default_rng(0)
LENET = ((784, 300), (300, 100), (100, 10))


def net(shapes=LENET):
  return {
    f'Dense_{i}': {
      'kernel': RNG.normal(size=shape).astype(np.float32),
      'bias': np.ones(shape[1], np.float32),
    }
    for i, shape in enumerate(shapes)
  }


def full(params):
  return {
    layer: {'kernel': np.ones(leaves['kernel'].shape, bool), 'bias': None}
    for layer, leaves in params.items()
  }


@pytest.mark.parametrize('p', [0.1, 0.2, 0.5])
def test_a_net_agrees_with_itself(p):
  one = net()
  total, by_leaf = correlation_indicator(one, one, full(one), p)
  assert total == 1.0
  assert set(by_leaf.values()) == {1.0}


@pytest.mark.parametrize('p', [0.1, 0.2, 0.5])
def test_independent_nets_agree_by_chance(p):
  one, two = net(), net()
  total, _ = correlation_indicator(one, two, full(one), p)
  assert total == pytest.approx(p, abs=0.01)


def by_sorting(one, two, mask, p):
  """Common and compared weights of a layer, by Python's stable sort."""
  active = [i for i, on in enumerate(mask.ravel()) if on]
  size = max(1, int(p * len(active) + 0.5)) if active else 0
  tops = [
    set(sorted(active, key=lambda i, w=w: -abs(w.ravel()[i]))[:size])
    for w in (one, two)
  ]
  return len(tops[0] & tops[1]), size


@pytest.mark.parametrize('p', [0.01, 0.3, 1.0])
def test_by_sorting_each_layer_with_ties(p):
  shapes = ((9, 7), (7, 5), (5, 3))
  nets = [
    jax.tree.map(lambda w: np.round(2 * w) / 2, net(shapes)) for _ in range(2)
  ]
  masks = full(nets[0])
  for layer, leaves in masks.items():
    density = 0.0 if layer == 'Dense_1' else 0.6
    leaves['kernel'] = RNG.random(leaves['kernel'].shape) < density
  counts = {
    layer: by_sorting(*(n[layer]['kernel'] for n in nets), m['kernel'], p)
    for layer, m in masks.items()
  }
  total, by_leaf = correlation_indicator(*nets, masks, p)
  common, compared = np.sum(list(counts.values()), axis=0)
  assert total == common / compared
  assert by_leaf == {
    f'{layer}/kernel': counts[layer][0] / counts[layer][1]
    for layer in ('Dense_0', 'Dense_2')
  }


def test_opposite_rankings_have_nothing_in_common():
  one = {'w': jnp.arange(1.0, 9.0)}
  two = {'w': jnp.arange(8.0, 0.0, -1)}
  masks = {'w': jnp.ones(8, bool)}
  assert correlation_indicator(one, two, masks, 0.5)[0] == 0.0


def test_without_an_active_weight_there_is_no_number():
  one = {'w': jnp.ones(3)}
  total, by_leaf = correlation_indicator(
    one, one, {'w': np.zeros(3, bool)}, 0.1
  )
  assert np.isnan(total)
  assert by_leaf == {}


def test_what_does_not_fit_is_refused():
  one = {'w': jnp.ones(3)}
  masks = {'w': np.ones(3, bool)}
  for p in (0.0, 1.1, np.nan):
    with pytest.raises(ValueError, match=r'accepted is in \(0, 1\]'):
      correlation_indicator(one, one, masks, p)
  with pytest.raises(ValueError, match="mask 'w' has shape"):
    correlation_indicator(one, {'w': jnp.ones(4)}, masks, 0.1)
