"""Random trees, and what methods do with them in plain NumPy."""

import jax
import numpy as np

from jaxsparse.core import masks as masking


def normal(seed, shapes):
  """A tree of float32 draws from N(0, 1), one leaf after the other."""
  random = np.random.default_rng(seed)
  return {
    name: random.normal(size=shape).astype(np.float32)
    for name, shape in shapes.items()
  }


def start(updater, params, seed=3):
  """The state at init, and params under its masks."""
  state = updater.init(params, key=jax.random.key(seed))
  return state, masking.apply_masks(params, state.masks)


def top(scores, n):
  """A mask of the `n` largest scores; of equal ones the first."""
  places = np.argsort(-np.asarray(scores), axis=None, kind='stable')[:n]
  return np.isin(np.arange(np.size(scores)), places).reshape(np.shape(scores))


def drop_grow(mask, weights, scores, dropped, grown=None):
  """Masks of the largest weights that stay, and of the best of the rest."""
  mask = np.asarray(mask)
  kept = top(np.where(mask, np.abs(weights), -1), int(mask.sum()) - dropped)
  count = dropped if grown is None else grown
  return kept, top(np.where(kept, -np.inf, scores), count)
