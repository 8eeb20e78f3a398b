"""How much of a network its masks have visited, and how fast they move.

>>> import jax.numpy as jnp
>>> start = {'w': jnp.array([True, True, False, False]), 'b': None}
>>> later = {'w': jnp.array([True, False, True, False]), 'b': None}
>>> seen = explored(start, later)
>>> exploration_rate(seen)
(0.75, {'w': 0.75})
>>> churn(start, later)
(0.5, {'w': 0.5})

`remembering(updater)` is a method whose state holds the weights that were ever
active, so that a run need not keep its masks for it.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.core import masks as masks_lib
from jaxsparse.core.types import Masks, MaskState, MaskUpdater, Path, PyTree

Rates = tuple[float, dict[Path, float]]

# Functions that may take a method's state, besides `init` and `update`.
_LOOKS = ('trained', 'regularise', 'momenta', 'pruned')


class Remembered(NamedTuple):
  """State of a method that remembers, beside its masks.

  Attributes:
    inner: the state of the method itself.
    seen: the weights that were active at a mask step, before it or after; none
      until the first.
  """

  inner: PyTree
  seen: Masks


def remembering(updater: MaskUpdater) -> MaskUpdater:
  """Returns the same method, which also remembers all weights ever active.

  They are part of its state: saved, resumed and batched like the masks, under
  vmap too. They grow on mask steps alone, so that train steps cost the same.
  Masks and weights are those of the method itself.

  Args:
    updater: any method, for a run or for `sparsify`.
  """

  def own(state: MaskState) -> MaskState:
    return MaskState(state.masks, state.inner.inner)

  def init(params, *, key, probe=None):
    state = updater.init(params, key=key, probe=probe)
    # Not its masks: a run may replace them.
    nothing = jax.tree.map(jnp.zeros_like, state.masks)
    return MaskState(state.masks, Remembered(state.inner, nothing))

  def observe(grads, state, params, *, step, key):
    new = updater.observe(grads, own(state), params, step=step, key=key)
    return MaskState(new.masks, Remembered(new.inner, state.inner.seen))

  def update(grads, state, params, *, step, key):
    params, new = updater.update(grads, own(state), params, step=step, key=key)
    seen = explored(ever_active(state), new.masks)
    return params, MaskState(new.masks, Remembered(new.inner, seen))

  def looking(fn: Callable[..., Any]) -> Callable[..., Any]:
    def look(*args: Any, **kwargs: Any) -> Any:
      args = tuple(own(a) if isinstance(a, MaskState) else a for a in args)
      return fn(*args, **kwargs)

    return look

  changed: dict[str, Any] = {
    name: looking(getattr(updater, name)) for name in _LOOKS
  }
  changed |= {'init': init, 'observe': observe, 'update': update}
  # Defaults read masks alone, and are recognised by identity.
  defaults = MaskUpdater._field_defaults
  return updater._replace(
    **{
      name: fn
      for name, fn in changed.items()
      if getattr(updater, name) is not defaults.get(name)
    }
  )


def ever_active(state: MaskState) -> Masks:
  """Returns the weights that were active at any time so far.

  Args:
    state: of a method that remembers.

  Raises:
    ValueError: it does not.
  """
  if not isinstance(state.inner, Remembered):
    raise ValueError(
      'the state remembers no masks; accepted is that of a method made by'
      ' remembering(updater)'
    )
  return explored(state.inner.seen, state.masks)


def explored(seen: Masks, masks: Masks) -> Masks:
  """Returns the union of `seen` and the weights that are active now.

  Starting from a run's first masks and called after each mask step, it has
  the weights that were ever active. Works under jit.

  Args:
    seen: masks; `None` leaves are exempt.
    masks: masks of the same leaves and shapes.

  Raises:
    ValueError: they are not, or no bool.
  """
  masks_lib.check_alike_masks(seen, masks)
  return masks_lib.map_masks(lambda s, m: s | m, seen, masks)


def exploration_rate(seen: Masks) -> Rates:
  """Returns the in-time over-parameterisation rate R_s (Liu et al. 2021, ICML).

  "Do We Actually Need Dense Over-Parameterization?", section 3: the fraction
  of all maskable weights that were active at some time. A static mask stays at
  its density, a dense network is at 1.

  Args:
    seen: from `explored`, concrete.

  Returns:
    `(total, by leaf)`: over all masked leaves together, and of each, in
    [0, 1].

  Raises:
    ValueError: there are no masks.
  """
  return _rates(masks_lib.active_by_path(seen), masks_lib.sizes_by_path(seen))


def churn(old: Masks, new: Masks) -> Rates:
  """Returns the fraction of `old`'s active weights that are inactive in `new`.

  Args:
    old: masks, concrete; `None` leaves are exempt.
    new: masks of the same leaves and shapes, of one or many updates later.

  Returns:
    `(total, by leaf)`: over all masked leaves together, and of each, in
    [0, 1]; 0 where nothing was active.

  Raises:
    ValueError: there are no masks, they are not bool, or differ in leaves or
      shapes.
  """
  masks_lib.check_alike_masks(old, new)
  gone = masks_lib.map_masks(lambda o, n: o & ~n, old, new)
  return _rates(masks_lib.active_by_path(gone), masks_lib.active_by_path(old))


def _rates(part: Mapping[Path, int], whole: Mapping[Path, int]) -> Rates:
  if not whole:
    raise ValueError('no leaf is masked: there is nothing to explore')
  total = sum(part.values()) / max(sum(whole.values()), 1)
  return total, {path: part[path] / max(n, 1) for path, n in whole.items()}
