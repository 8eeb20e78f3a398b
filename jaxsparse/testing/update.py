"""Checks of `update` and `observe`, at every mask step."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import masks as masking
from jaxsparse.core import paths, registry
from jaxsparse.core.types import Path
from jaxsparse.optim.masked import forward_params
from jaxsparse.testing.case import Case, Moment
from jaxsparse.testing.require import require, require_equal


def update_touches_nothing_but_what_it_drops(case: Case) -> None:
  """Checks that survivors and exempt leaves stay bit for bit.

  What is dropped is 0, unless the method stores it (`Facts.stores_all`); then
  it stays too. What a method prunes before it grows is no survivor, and grown
  weights may start at any value.
  """
  for step, moment in zip(case.mask_steps, case.moments, strict=True):
    stays, new = _kept_and_new(case, moment, step)
    before, params = paths.flatten(moment.given), paths.flatten(moment.params)
    for path, leaf in params.items():
      require_equal(
        {path: np.where(stays[path], leaf, 0)},
        {path: np.where(stays[path], before[path], 0)},
        f'at mask step {step}, of weights that update does not drop',
      )
      require_equal(
        {path: np.where(new[path], 0, leaf)},
        {path: np.zeros(np.shape(leaf))},
        f'at mask step {step}, outside the masks that update returns',
      )


def masks_only_is_declared_where_true_alone(case: Case) -> None:
  """Checks that grown weights start at 0 where `Facts.masks_only` says so."""
  if not case.updater.facts.masks_only:
    return
  for step, moment in zip(case.mask_steps, case.moments, strict=True):
    stays, _ = _kept_and_new(case, moment, step)
    before = paths.flatten(moment.given)
    require_equal(
      paths.flatten(moment.params),
      {path: np.where(stays[path], leaf, 0) for path, leaf in before.items()},
      f'facts.masks_only is declared, but at mask step {step} update changes'
      ' params otherwise than its masks say',
    )


def _kept_and_new(
  case: Case, moment: Moment, step: int
) -> tuple[dict[Path, np.ndarray], dict[Path, np.ndarray]]:
  """Returns where weights stay as they are, and where they may be other than 0.

  Both have all leaves: a method that stores everything changes nothing.
  """
  old = paths.flatten(case.survivors(moment, step))
  new = paths.flatten(case.updater.trained(moment.new))
  everywhere = {
    path: np.ones(np.shape(leaf), bool)
    for path, leaf in paths.flatten(moment.params).items()
  }
  if case.updater.facts.stores_all:
    return everywhere, everywhere
  stays = {path: np.asarray(old[path]) & new[path] for path in new}
  return everywhere | stays, everywhere | jax.device_get(new)


def the_loss_sees_zero_outside_the_masks(case: Case) -> None:
  """Checks the params of the forward pass after every mask step."""
  for step, moment in zip(case.mask_steps, case.moments, strict=True):
    seen = paths.flatten(
      forward_params(case.updater, moment.params, moment.new)
    )
    for path, mask in paths.flatten(moment.new.masks).items():
      require_equal(
        {path: np.where(mask, 0, seen[path])},
        {path: np.zeros(mask.shape)},
        f'after mask step {step}, in the loss outside the masks',
      )


def gradients_of_dormant_weights_are_read_as_declared(case: Case) -> None:
  """Checks `Facts.dense_batches` half way.

  Those that prune have begun there, and growth is not yet over. Mask steps are
  two steps apart.
  """
  middle = len(case.mask_steps) // 2
  state, params = case.moments[middle].old, case.moments[middle].given
  random = np.random.default_rng(0)
  grads = jax.tree.map(
    lambda p: jnp.asarray(random.normal(size=p.shape), p.dtype), case.params
  )
  dense_and_masked = (
    grads,
    masking.apply_masks(grads, case.updater.trained(state)),
  )

  def reads(fn, step: int) -> bool:
    results = [
      jax.tree.leaves(fn(g, state, params, step=step, key=jax.random.key(0)))
      for g in dense_and_masked
    ]
    return any(
      not np.array_equal(*leaves) for leaves in zip(*results, strict=True)
    )

  step, declared = case.mask_steps[middle], case.updater.facts.dense_batches
  readers = {
    'observe': reads(case.updater.observe, step),
    'update': bool(case.taken) and reads(case.updater.update, step),
  }
  which = ' and '.join(name for name, does in readers.items() if does)
  require(
    bool(which) == (declared != 0),
    f'{which or "neither observe nor update"} reads the gradient of weights'
    f' that are not trained at mask step {step}, and facts.dense_batches is'
    f' {declared}; {_ACCEPTED}',
  )
  between = reads(case.updater.observe, step + 1)
  require(
    between == (declared is None or declared > 1),
    f'observe {"reads" if between else "does not read"} the gradient of weights'
    f' that are not trained at step {step + 1}, between mask steps, and'
    f' facts.dense_batches is {declared}; {_ACCEPTED}',
  )


_ACCEPTED = (
  'promised is 0 where no such gradient is read, 1 where mask steps alone read'
  ' it, n where the last n batches up to one do, and None where every step does'
)


def the_steps_of_its_schedule_are_declared(case: Case) -> None:
  """Checks `Facts.times` of a builder that takes steps."""
  accepted = registry.parameters(case.builder)
  for field in ('start_step', 'stop_step'):
    declared = getattr(case.updater.facts.times, field)
    built_with = case.plan[field] if field in accepted else None
    require(
      declared == built_with,
      f'facts.times.{field} is {declared}, and it was built with'
      f' {field}={built_with}; promised is the same, by which a loop of other'
      ' mask steps is refused',
    )
