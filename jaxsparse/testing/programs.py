"""Checks of a method under jit, vmap, several devices and pickle."""

import pickle
from typing import Any

import jax
import jax.numpy as jnp

from jaxsparse.core import masks as masking
from jaxsparse.core import paths
from jaxsparse.testing.case import Case, Moment
from jaxsparse.testing.require import require, require_equal


def one_program_takes_all_mask_steps(case: Case) -> None:
  """Runs under jit and scan: counts, numbers and steps are traced."""
  jax.block_until_ready(case.trajectory)


def one_program_serves_all_counts_and_numbers(case: Case) -> None:
  """Checks that other counts and numbers are not compiled for, and are met."""
  case.run(case.counts, case.numbers, jax.random.key(0))
  traces = case.traces
  fewer = jax.tree.map(lambda n: n - 3, case.counts)
  numbers = {name: 0.5 * x for name, x in case.numbers.items()}
  last = case.run(fewer, numbers, jax.random.key(5)).last
  require(
    case.traces == traces,
    'other counts and numbers are traced anew; promised is one program for all',
  )
  if case.updater.facts.invariant != 'dense':
    active = sum(masking.active_by_path(last.masks).values())
    require(
      active == sum(jax.tree.leaves(fewer)),
      f'under counts that are less by 3 in each leaf, {active} weights are'
      f' active at the end; promised are {sum(jax.tree.leaves(fewer))}',
    )


def jit_with_traced_values_equals_no_jit(case: Case) -> None:
  """Compares over all devices under jit with one device and host numbers."""
  state, moment = case.first_moment(jax.random.key(0))
  require_equal(
    case.trajectory.first.masks,
    state.masks,
    'masks at init, under jit with traced counts against without',
  )
  what = 'under jit with traced counts against without'
  _require_same_moment(case.moments[0], moment, what)


def vmap_equals_a_loop(case: Case) -> None:
  """Compares three keys under vmap with one after the other."""
  keys = [jax.random.key(seed) for seed in range(3)]
  stacked = jax.vmap(case.first_moment)(jnp.stack(keys))
  for i, key in enumerate(keys):
    state, moment = jax.tree.map(lambda x, i=i: x[i], stacked)
    alone = case.run(case.counts, case.numbers, key)
    require_equal(
      state.masks, alone.first.masks, f'masks at init, key {i}, under vmap'
    )
    first = jax.tree.map(lambda x: x[0], alone.moments)
    _require_same_moment(moment, first, f'key {i}, under vmap')


def _require_same_moment(got: Moment, promised: Moment, what: str) -> None:
  """Masks are equal, floats to rounding: compilers may fuse differently."""
  require_equal(
    got.new.masks, promised.new.masks, f'masks of the first mask step, {what}'
  )
  what = f'the first mask step, {what}'
  require_equal(got, promised, what, rtol=1e-5, atol=1e-6)


def masks_are_sharded_as_params(case: Case) -> None:
  """Checks layouts over devices, at init and at the end."""
  shardings = {
    path: leaf.sharding
    for path, leaf in paths.flatten(case.sharded_params).items()
  }
  ends = {'init': case.trajectory.first, 'all mask steps': case.trajectory.last}
  for when, state in ends.items():
    for path, mask in paths.flatten(state.masks).items():
      require(
        mask.sharding.is_equivalent_to(shardings[path], mask.ndim),
        f'after {when} the mask {path!r} is laid out as {mask.sharding};'
        f' promised is the layout of its parameter, {shardings[path]}'
        ' (core.masks.shard_like)',
      )


def the_state_can_be_pickled(case: Case) -> None:
  """Checks that a copy has the same structure and values."""
  state = jax.device_get(case.trajectory.last)
  try:
    restored = pickle.loads(pickle.dumps(state))
  except (pickle.PicklingError, AttributeError, TypeError) as error:
    raise AssertionError(
      f'the state cannot be pickled: {error}; promised is a NamedTuple of'
      ' arrays, whose class is at the top of a module'
    ) from error
  structures: list[Any] = [jax.tree.structure(t) for t in (restored, state)]
  require(
    structures[0] == structures[1],
    f'pickled, the state is {structures[0]}; promised is {structures[1]}',
  )
  require_equal(restored, state, 'the state, pickled')
