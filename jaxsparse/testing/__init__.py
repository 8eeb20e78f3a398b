"""The contract of sparse-training methods, as a test for methods of one's own.

    from jaxsparse.testing import check_updater

    def test_mine():
      check_updater(mine)
      check_updater(mine, drop_fraction=0.5)

A check is a function of a `Case` that is named by what a method promises, and
raises `AssertionError` with a sentence where it is broken. The methods of
`jaxsparse.updaters` are held to the same `CHECKS`. pytest is not needed.
"""

from collections.abc import Callable
from typing import Any

import jax

from jaxsparse.core.types import MaskUpdater
from jaxsparse.testing import loops, masks, programs, update
from jaxsparse.testing.case import Case

Check = Callable[[Case], None]

# Those that tell most of a mistake come first, those that cost most last.
CHECKS: tuple[Check, ...] = (
  programs.one_program_takes_all_mask_steps,
  masks.masks_fit_params_and_exempt_leaves_have_none,
  masks.active_weights_are_as_the_invariant_says,
  masks.counts_are_those_declared_beforehand,
  update.update_touches_nothing_but_what_it_drops,
  update.masks_only_is_declared_where_true_alone,
  update.the_loss_sees_zero_outside_the_masks,
  update.the_steps_of_its_schedule_are_declared,
  update.gradients_of_dormant_weights_are_read_as_declared,
  masks.the_key_decides_and_leaves_of_one_shape_differ,
  programs.one_program_serves_all_counts_and_numbers,
  programs.masks_are_sharded_as_params,
  programs.the_state_can_be_pickled,
  programs.jit_with_traced_values_equals_no_jit,
  programs.vmap_equals_a_loop,
  loops.update_is_called_at_the_mask_steps_that_the_method_takes,
  loops.a_short_training_run_lowers_the_loss,
)


def check_updater(
  method: str | Callable[..., MaskUpdater], /, **options: Any
) -> None:
  """Holds a sparse-training method to the contract of `core.types`.

  It is built several times, and run for a few steps on a net of two small
  kernels; most of the time goes into compiling.

  Args:
    method: a builder `(counts, **options) -> MaskUpdater`, or its name in
      `jaxsparse.updaters`, or its dotted path. Floats among its keyword-only
      arguments are traced; `start_step`, `stop_step` and `update_interval` are
      supplied.
    **options: its other arguments, where not their defaults.

  Raises:
    AssertionError: a promise is broken; says which, at which step and leaf,
      what was got and what is promised.
    TypeError: `method` is no builder of a `MaskUpdater`.
    ValueError: no method has that name, or it refuses its arguments.
  """
  case = Case(method, **options)
  # TF32, say, rounds differently in each program.
  with jax.default_matmul_precision('highest'):
    for check in CHECKS:
      try:
        check(case)
      except Exception as error:
        kind = type(error).__name__
        what = '' if isinstance(error, AssertionError) else f'{kind}: '
        promise = check.__name__.replace('_', ' ')
        raise AssertionError(
          f'{case.name} breaks the contract, "{promise}": {what}{error}'
        ) from error
