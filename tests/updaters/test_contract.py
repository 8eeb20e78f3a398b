"""What every method promises, whoever wrote it: `jaxsparse.testing`."""

import jax
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest

from jaxsparse.core import paths, registry
from jaxsparse.testing import CHECKS, loops
from jaxsparse.testing.case import Case


@pytest.mark.parametrize('check', CHECKS, ids=lambda check: check.__name__)
def test_contract(case, check):
  # Optax fails under strict promotion.
  optax_alone = check is loops.a_short_training_run_lowers_the_loss
  mode = 'standard' if optax_alone else 'strict'
  with jax.numpy_dtype_promotion(mode):
    check(case)


@pytest.mark.slow
def test_a_short_training_run_by_adam(case):
  loops.a_short_training_run_lowers_the_loss(case, optax.adam(0.02))


def test_state_survives_orbax(case, tmp_path):
  state = case.trajectory.last
  with ocp.StandardCheckpointer() as checkpointer:
    checkpointer.save(tmp_path / 'state', state)
    checkpointer.wait_until_finished()
    restored = checkpointer.restore(tmp_path / 'state', paths.abstract(state))
  assert jax.tree.structure(restored) == jax.tree.structure(state)
  jax.tree.map(np.testing.assert_array_equal, restored, state)
  assert all(mask.dtype == bool for mask in jax.tree.leaves(restored.masks))


@pytest.mark.parametrize('name', registry.names('jaxsparse.updaters'))
def test_a_method_that_changes_masks_declares_that_it_changes_them_alone(name):
  facts = Case(name).updater.facts
  assert facts.masks_only == (facts.mask_steps != 'none')
