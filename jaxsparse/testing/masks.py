"""Checks of the masks, and of what a method declares of them."""

from collections.abc import Mapping

import jax
import numpy as np

from jaxsparse.core import masks as masking
from jaxsparse.core import paths
from jaxsparse.core.types import Counts, Masks, Path
from jaxsparse.testing.case import Case
from jaxsparse.testing.require import require, require_equal

Active = Mapping[Path, int]


def masks_fit_params_and_exempt_leaves_have_none(case: Case) -> None:
  """Checks shapes and dtypes, and which leaves have a mask."""
  masked = list(paths.flatten(case.counts))
  for when, state in case.states.items():
    leaves = list(paths.flatten(state.masks))
    require(
      set(leaves) == set(masked),
      f'{when} the leaves {leaves} have a mask; promised are those that have a'
      f' count, {masked}',
    )
    try:
      masking.check_masks(case.params, state.masks)
    except ValueError as error:
      raise AssertionError(f'{when}: {error}') from error


def active_weights_are_as_the_invariant_says(case: Case) -> None:
  """Checks the active weights after every mask step; see `Facts.invariant`."""
  active = {
    when: masking.active_by_path(state.masks)
    for when, state in case.states.items()
  }
  promised: Active = paths.flatten(case.counts)
  match case.updater.facts.invariant:
    case 'per_leaf':
      for when, counts in active.items():
        _require_counts(when, counts, promised, 'per_leaf')
    case 'total':
      for when, counts in active.items():
        _require_sum(when, counts, promised, 'total', case.updater.facts.extra)
      _require_moved(case, 'total', 'per_leaf')
    case 'scheduled':
      _require_never_more(active)
      *_, (when, last) = active.items()
      _require_counts(when, last, promised, 'scheduled')
    case 'scheduled_total':
      _require_never_more(active)
      *_, (when, last) = active.items()
      _require_sum(when, last, promised, 'scheduled_total')
      _require_moved(case, 'scheduled_total', 'scheduled')
    case 'dense':
      sizes = masking.sizes_by_path(case.trajectory.first.masks)
      for when, counts in active.items():
        _require_counts(when, counts, sizes, 'dense')
    case other:
      raise AssertionError(
        f'facts.invariant is {other!r}; accepted are per_leaf, total,'
        ' scheduled, scheduled_total and dense'
      )


def _require_counts(
  when: str, active: Active, promised: Active, by: str
) -> None:
  for path, count in promised.items():
    require(
      active[path] == count,
      f'{when} {path!r} has {active[path]} active weights; promised by'
      f' {by!r} are {count}',
    )


def _require_sum(
  when: str, active: Active, promised: Active, by: str, extra: int = 0
) -> None:
  total, expected = sum(active.values()), sum(promised.values()) + extra
  require(
    total == expected,
    f'{when} all leaves together have {total} active weights; promised by'
    f' {by!r} are {expected}',
  )


def _require_moved(case: Case, by: str, other: str) -> None:
  """Under five counts, as the leaves may have theirs by chance."""
  for part in range(1, 6):
    counts = jax.tree.map(lambda n, part=part: n // part, case.counts)
    last = case.run(counts, case.numbers, jax.random.key(0)).last
    if masking.active_by_path(last.masks) != paths.flatten(counts):
      return
  raise AssertionError(
    f'facts.invariant is {by!r}, but each leaf ends with as many active weights'
    f' as its count; declare {other!r}, which promises that'
  )


def _require_never_more(active: Mapping[str, Active]) -> None:
  states = list(active.items())
  for (_, before), (when, now) in zip(states, states[1:], strict=False):
    for path in now:
      require(
        now[path] <= before[path],
        f'{when} {path!r} has {now[path]} active weights; promised are no more'
        f' than the {before[path]} before',
      )


def counts_are_those_declared_beforehand(case: Case) -> None:
  """Checks `Facts.scheduled` and `Facts.trained_counts`, where declared."""
  facts, updater = case.updater.facts, case.updater
  if facts.scheduled is not None and facts.invariant == 'scheduled':
    steps = (-1, *case.taken)
    for step, (when, state) in zip(steps, case.states.items(), strict=True):
      counts = facts.scheduled(case.params, step)
      _require_declared(when, state.masks, counts, 'facts.scheduled')
  if facts.trained_counts is not None:
    trained = updater.trained(case.trajectory.last)
    counts = facts.trained_counts(case.params)
    _require_declared('at the end', trained, counts, 'facts.trained_counts')


def _require_declared(when: str, masks: Masks, counts: Counts, by: str) -> None:
  declared = {path: int(n) for path, n in paths.flatten(counts).items()}
  active = masking.active_by_path(masks)
  require(
    active.keys() == declared.keys(),
    f'{by} has the leaves {list(declared)}; promised are {list(active)}',
  )
  _require_counts(when, active, declared, by)


def the_key_decides_and_leaves_of_one_shape_differ(case: Case) -> None:
  """Checks the first masks of equal keys and of different ones."""

  def masks(seed: int) -> dict[Path, np.ndarray]:
    run = case.run(case.counts, case.numbers, jax.random.key(seed))
    return {p: np.asarray(m) for p, m in paths.flatten(run.first.masks).items()}

  first, again, other = masks(0), masks(0), masks(1)
  require_equal(again, first, 'masks at init from the same key')
  if any((first[path] != other[path]).any() for path in first):
    require(
      bool((first['first/kernel'] != first['second/kernel']).any()),
      'at init two leaves of one shape have the same random masks; promised is'
      ' a stream for each leaf (core.prng.leaf_keys)',
    )
