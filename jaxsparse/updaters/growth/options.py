"""The combinators by the names of config fields."""

from collections.abc import Callable

from jaxsparse.core.structures import Structure
from jaxsparse.core.types import MaskUpdater, Params, Scalar
from jaxsparse.updaters.growth.averaged import averaged
from jaxsparse.updaters.growth.inverted import inverted as inverted_growth
from jaxsparse.updaters.growth.starting_at import starting_at
from jaxsparse.updaters.growth.structured import structured
from jaxsparse.updaters.growth.with_momentum import with_momentum

Builder = Callable[..., MaskUpdater]


def options(
  updater: MaskUpdater,
  *,
  grow_batches: int = 1,
  grow_init: str | Callable[..., Params] = 'zeros',
  grow_scale: Scalar = 1.0,
  grow_momentum: Scalar | None = None,
  structure: str | Structure = 'unstructured',
  structure_size: tuple[int, ...] = (),
  inverted: bool = False,
  update_interval: int | None = None,
) -> MaskUpdater:
  """Applies the combinators whose arguments are not at their defaults.

  Args:
    updater: a drop-and-grow method.
    grow_batches: batches up to a mask step whose gradients growth sums, see
      `averaged`.
    grow_init: the initial values of grown weights: `zeros`, `normal`, `sparse`
      or `gradient`; see `starting_at`.
    grow_scale: a factor of these values.
    grow_momentum: the momentum of a grown weight, as a multiple of its
      gradient; `None`: that with which the optimiser starts. See
      `with_momentum`.
    structure: of the masks: `unstructured`, `n_m`, `constant_fan_in`, `block`
      or `kernel_slice`; see `structured`.
    structure_size: `(m,)` for `n_m`, `(height, width)` for `block`.
    inverted: whether weights of lowest score grow, as a control; see
      `inverted`.
    update_interval: steps between mask steps, for `averaged`.

  Raises:
    ValueError: an argument is out of range, or the method cannot have it.
    TypeError: `grow_batches` or `update_interval` is not a host integer.
  """
  updater = structured(updater, structure, structure_size)
  updater = averaged(updater, grow_batches, update_interval=update_interval)
  updater = starting_at(updater, grow_init, grow_scale=grow_scale)
  if inverted:
    updater = inverted_growth(updater)
  if grow_momentum is not None:
    updater = with_momentum(updater, grow_momentum)
  return updater


def drops_and_grows(builder: Builder) -> Builder:
  """Declares that a function builds a drop-and-grow method.

  A config of such a method has the fields of `options`, see
  `core.registry.parameters`.
  """
  vars(builder)['options'] = options
  return builder
