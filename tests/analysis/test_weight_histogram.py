import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis import weight_histogram
from jaxsparse.analysis.solutions import Solution

RNG = np.random.default_rng(0)
SHAPES = {'a': (20, 30), 'b': (30, 5)}
PARAMS = {k: RNG.normal(size=s).astype(np.float32) for k, s in SHAPES.items()}
MASKS = {name: RNG.random(shape) < 0.5 for name, shape in SHAPES.items()}


def net():
  params = {name: jnp.asarray(w) for name, w in PARAMS.items()}
  return Solution(
    params | {'bias': jnp.full(5, 0.05)}, dict(MASKS) | {'bias': None}
  )


def active():
  return [w for n in SHAPES for w in PARAMS[n][MASKS[n]].tolist()]


def test_bins_count_active_weights_and_all_beyond():
  edges = np.linspace(-1, 1, 9)
  counts = [0] * 8
  for w in active():
    counts[min(7, max(0, int((w + 1) // 0.25)))] += 1
  found = weight_histogram.histogram(net(), edges)
  assert found.tolist() == counts
  assert found.sum() == len(active())


def test_a_cut_through_all_weights_together():
  ranked = sorted(active(), key=abs)
  pruned = ranked[: len(ranked) // 5]
  masks = {
    name: mask & ~np.isin(PARAMS[name], np.float32(pruned))
    for name, mask in MASKS.items()
  }
  found = weight_histogram.threshold(net(), masks | {'bias': None})
  smallest, largest = abs(ranked[len(pruned)]), abs(pruned[-1])
  assert found == pytest.approx((smallest, largest))


def test_what_is_not_there_has_no_magnitude():
  everything = dict(MASKS) | {'bias': None}
  found = weight_histogram.threshold(net(), everything)
  assert found.smallest_left == pytest.approx(min(map(abs, active())))
  assert np.isnan(found.largest_pruned)
  nothing = {name: np.zeros(shape, bool) for name, shape in SHAPES.items()}
  found = weight_histogram.threshold(net(), nothing | {'bias': None})
  assert np.isnan(found.smallest_left)
  assert found.largest_pruned == pytest.approx(max(map(abs, active())))
  dense = Solution({'w': jnp.ones(3)})
  assert weight_histogram.active_weights(dense).shape == (0,)


def test_masks_that_grow_are_refused():
  grown = {name: ~mask for name, mask in MASKS.items()}
  number = sum(int((~mask).sum()) for mask in MASKS.values())
  with pytest.raises(ValueError, match=f'{number} weights are active'):
    weight_histogram.threshold(net(), grown | {'bias': None})
