import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn

from jaxsparse.core import initialisation
from jaxsparse.tasks.classification import classification
from jaxsparse.training.programs import choose_dispatch, make_programs
from jaxsparse.training.state import Member, Recipe
from jaxsparse.training.step import initial_state, train_step
from jaxsparse.training.vmapped import Vmapped, member_mesh
from jaxsparse.updaters.rigl import rigl

SIZE, BATCH = 50, 8


class Small(nn.Module):
  convolutional: bool = False

  @nn.compact
  def __call__(self, x, *, train=False):
    x = nn.Conv(2, (2, 2))(x) if self.convolutional else x
    x = nn.relu(nn.Dense(9)(x.reshape(x.shape[0], -1)))
    return nn.Dense(3)(x)


DENSE = classification(Small())
RECIPE = Recipe(
  DENSE.loss,
  lambda member, step: optax.adam(member.optimizer['learning_rate']),
  lambda member: rigl(member.counts, stop_step=100, **member.updater),
)
RNG = np.random.default_rng(0)
DATA = (
  RNG.normal(size=(SIZE, 3, 3, 1)).astype(np.float32),
  RNG.integers(3, size=SIZE).astype(np.int32),
)
INDICES = RNG.integers(SIZE, size=(20, BATCH)).astype(np.int32)


def batch_of(data, indices):
  images, labels = data
  return {
    'image': jnp.take(images, indices, axis=0),
    'label': jnp.take(labels, indices, axis=0),
  }


def member_of(seed=0, active=20, rate=0.01, fraction=0.3):
  counts = {
    'Dense_0': {'kernel': np.int32(active), 'bias': None},
    'Dense_1': {'kernel': np.int32(10), 'bias': None},
  }
  return Member(
    jax.random.key(seed),
    counts,
    {'learning_rate': np.float32(rate)},
    {'drop_fraction': np.float32(fraction)},
    {},
  )


@jax.jit
def _fresh(member):
  params, _ = DENSE.init(member.key, jnp.zeros((1, 3, 3, 1)))
  return initial_state(RECIPE, member, params, {}, initialisation.dense)


def fresh(member):
  return jax.device_put(_fresh(member), jax.devices()[0])


def run(programs, lengths, member=None):
  member = member or member_of()
  state, rows, done = fresh(member), [], 0
  for length in lengths:
    block = INDICES[done : done + length]
    state, found = programs.advance(state, member, DATA, block)
    assert {k: v.shape for k, v in found.items()} == dict.fromkeys(
      ('loss', 'accuracy'), (length,)
    )
    rows.append(found['loss'])
    done += length
  leaves = [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(state)]
  return leaves, np.concatenate(rows).tobytes()


@pytest.fixture(scope='module')
def scan():
  return make_programs(RECIPE, batch_of, dispatch='scan', chunk=20)


@pytest.fixture(scope='module')
def step():
  return make_programs(RECIPE, batch_of, dispatch='step', chunk=20)


@pytest.fixture(scope='module')
def straight(scan):
  return run(scan, [20])


@pytest.mark.parametrize('lengths', [[1] * 20, [17, 3], [7, 7, 6]])
def test_how_steps_are_cut_into_dispatches_changes_no_bit(
  scan, straight, lengths
):
  assert run(scan, lengths) == straight


def test_one_dispatch_a_step_computes_the_same_to_rounding(step, scan):
  member = member_of()
  ends = []
  for programs in (step, scan):
    state, rows = programs.advance(fresh(member), member, DATA, INDICES)
    ends.append((state.params, rows))
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), *ends
  )


def test_numbers_and_lengths_share_one_program_of_each_kind(caplog):
  programs = make_programs(RECIPE, batch_of, dispatch='scan', chunk=8)
  members = [
    member_of(),
    member_of(seed=3, active=5, rate=0.5, fraction=0.9),
    member_of(active=27, fraction=0.0),
  ]
  states = [fresh(member) for member in members]
  with jax.log_compiles(), caplog.at_level('WARNING', logger='jax'):
    for length in (8, 1, 5):
      block = INDICES[:length]
      for i, member in enumerate(members):
        state, _ = programs.advance(states[i], member, DATA, block)
        states[i], rows = programs.update_masks(state, member, DATA, block)
  compiled = re.findall(r'XLA compilation of (\S+) in', caplog.text)
  assert sorted(compiled) == ['jit(loop)', 'jit(single)']
  # A mask step takes the first batch alone, and tells what it left.
  assert [int(state.step) for state in states] == [17, 17, 17]
  assert rows['loss'].shape == rows['accuracy'].shape == (1,)
  assert rows['churn']['Dense_0']['kernel'] == 0
  assert rows['churn']['Dense_0']['bias'] is None
  assert rows['layer_active']['Dense_0']['kernel'] == 27


def test_the_state_is_donated(scan):
  member = member_of()
  before = fresh(member)
  scan.advance(before, member, DATA, INDICES[:2])
  assert all(leaf.is_deleted() for leaf in jax.tree.leaves(before))


@pytest.mark.parametrize(
  ('convolutional', 'expected'), [(False, 'scan'), (True, 'step')]
)
def test_nets_with_convolutions_are_not_scanned_on_cpu(convolutional, expected):
  task = classification(Small(convolutional))
  params, _ = jax.eval_shape(
    task.init, jax.random.key(0), jnp.zeros((1, 3, 3, 1))
  )
  recipe = RECIPE._replace(loss=task.loss)
  member = member_of()
  counts = jax.tree.map(lambda p: None, params)
  counts |= member.counts
  member = member._replace(counts=counts)
  state = jax.eval_shape(
    lambda p: initial_state(recipe, member, p, {}, initialisation.dense), params
  )
  batch = jax.eval_shape(batch_of, DATA, INDICES[0])
  found = choose_dispatch(train_step(recipe), state, member, batch)
  assert found == expected


MEMBERS = [member_of(seed, 10 + seed, 0.01 * seed) for seed in range(8)]
OWN = RNG.integers(SIZE, size=(7, 8, BATCH)).astype(np.int32)


@pytest.fixture(scope='module')
def alone(scan):
  """What each member comes to alone: a mask step, then six steps."""
  ends = []
  for i, member in enumerate(MEMBERS):
    state, first = scan.update_masks(fresh(member), member, DATA, OWN[:1, i])
    state, rest = scan.advance(state, member, DATA, OWN[1:, i])
    ends.append((jax.device_get(state), first, rest))
  return ends


@pytest.mark.parametrize('dispatch', ['scan', 'step'])
def test_members_together_come_to_what_they_come_to_alone(alone, dispatch):
  mesh = member_mesh()
  programs = make_programs(
    RECIPE, batch_of, dispatch=dispatch, chunk=6, mesh=mesh
  )
  executor = Vmapped(
    programs,
    [fresh(member) for member in MEMBERS],
    MEMBERS,
    mesh=mesh,
    data=DATA,
    batches=lambda i, begin, end: OWN[begin:end, i],
  )
  first = executor.advance('update_masks', range(8), 0, 1)
  rest = executor.advance('advance', range(8), 1, 7)

  def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)

  for i, (state, *rows) in enumerate(alone):
    jax.tree.map(close, executor.state(i), state)
    jax.tree.map(close, [first[i], rest[i]], rows)
    assert rest[i]['loss'].shape == (6,)
