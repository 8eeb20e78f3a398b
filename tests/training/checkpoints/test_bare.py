import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.training.checkpoints import (
  CheckpointError,
  CheckpointMismatch,
  Checkpoints,
  check_like,
  fingerprint,
  load_params,
  save_params,
)

PARAMS = {
  'layers': [{'kernel': jnp.arange(6.0).reshape(2, 3), 'bias': jnp.ones(3)}],
  'head': {'kernel': jnp.ones((3, 2), jnp.bfloat16)},
}
MASKS = {
  'layers': [{'kernel': jnp.arange(6).reshape(2, 3) % 2 == 0, 'bias': None}],
  'head': {'kernel': jnp.ones((3, 2), bool)},
}


@pytest.mark.parametrize('masks', [MASKS, None])
def test_a_pair_comes_back(tmp_path, identical, masks):
  save_params(tmp_path / 'deep' / 'pair', PARAMS, masks)
  loaded, loaded_masks = load_params(tmp_path / 'deep' / 'pair')
  assert identical(loaded, PARAMS)
  assert identical(loaded_masks, masks)
  assert {p.name for p in (tmp_path / 'deep').iterdir()} == {'pair'}


def test_a_pair_is_replaced_and_anything_else_is_not(tmp_path, identical):
  save_params(tmp_path / 'pair', PARAMS, MASKS)
  (tmp_path / 'pair.new.orbax-checkpoint-tmp').mkdir()
  (tmp_path / 'pair.new').mkdir()
  doubled = jax.tree.map(lambda x: 2 * x, PARAMS)
  save_params(tmp_path / 'pair', doubled)
  loaded, masks = load_params(tmp_path / 'pair')
  assert identical(loaded, doubled)
  assert masks is None
  (tmp_path / 'mine').mkdir()
  (tmp_path / 'mine' / 'notes').write_text('dear')
  with pytest.raises(CheckpointError, match='mine holds something else'):
    save_params(tmp_path / 'mine', PARAMS)
  assert (tmp_path / 'mine' / 'notes').read_text() == 'dear'


def test_masks_that_do_not_fit_are_refused(tmp_path):
  wrong = {'layers': [{'kernel': jnp.ones((3, 2), bool), 'bias': None}]}
  with pytest.raises(ValueError, match="'layers/0/kernel' has shape"):
    save_params(tmp_path / 'pair', PARAMS, wrong)
  assert not (tmp_path / 'pair').exists()


@pytest.mark.parametrize('place', ['workdir', 'checkpoints', 'step'])
def test_a_run_is_loaded(tmp_path, make_state, identical, place):
  state = make_state(4)
  with Checkpoints(tmp_path / 'checkpoints') as checkpoints:
    checkpoints.save(6, make_state(1), {})
    checkpoints.save(7, state, {})
  path = {
    'workdir': tmp_path,
    'checkpoints': tmp_path / 'checkpoints',
    'step': tmp_path / 'checkpoints' / '7',
  }[place]
  params, masks = load_params(path)
  assert identical(params, state.params)
  assert identical(masks, state.mask_state.masks)


def test_a_run_of_earlier_versions_is_read_if_it_had_one_seed(
  tmp_path, make_state, identical
):
  state, other = make_state(4), make_state(5)
  for name, members in (('old', (state,)), ('two', (state, other))):
    with Checkpoints(tmp_path / name) as checkpoints:
      checkpoints.save(7, {'members': members}, {'a': 1})
  with Checkpoints(tmp_path / 'new') as checkpoints:
    checkpoints.save(7, state, {'a': 1})
  with Checkpoints(tmp_path / 'old') as checkpoints:
    assert identical(checkpoints.restore(7, state)[0], state)
    checkpoints.save(7, state, {'a': 1})  # It is there, and left alone.
    assert identical(checkpoints.latest(state)[1], state)
  params, masks = load_params(tmp_path / 'old')
  assert identical(params, state.params)
  assert identical(masks, state.mask_state.masks)
  assert fingerprint(tmp_path / 'old') == fingerprint(tmp_path / 'new')
  with pytest.raises(CheckpointMismatch, match='the state of one run'):
    load_params(tmp_path / 'two')


@pytest.mark.parametrize('place', ['workdir', 'checkpoints'])
def test_a_step_of_a_run_is_chosen(tmp_path, make_state, identical, place):
  states = {step: make_state(step) for step in (0, 3, 6)}
  with Checkpoints(tmp_path / 'checkpoints', keep=3) as checkpoints:
    for step, state in states.items():
      checkpoints.save(step, state, {})
  path = tmp_path if place == 'workdir' else tmp_path / 'checkpoints'
  for step, state in states.items():
    params, _ = load_params(path, step=step)
    assert identical(params, state.params)
  with pytest.raises(
    CheckpointMismatch, match=f'{path}.* has no step 4; it has 0, 3, 6$'
  ):
    load_params(path, step=4)
  # Asked for by name, a broken step has no stand-in.
  shutil.rmtree(tmp_path / 'checkpoints' / '6' / 'state')
  with pytest.raises(CheckpointError, match='6 is no whole checkpoint'):
    load_params(path, step=6)


def test_what_has_no_steps_is_told_apart(tmp_path):
  save_params(tmp_path / 'pair', PARAMS, MASKS)
  for name in ('pair', 'missing'):
    with pytest.raises(CheckpointMismatch, match=f'{name} is no run, so'):
      load_params(tmp_path / name, step=0)


def test_a_broken_step_of_a_run_is_passed_over(saved, identical, caplog):
  directory, states = saved
  shutil.rmtree(directory / '3' / 'state')
  params, _ = load_params(directory)
  assert identical(params, states[2].params)
  assert '3 is no whole checkpoint: state is missing' in caplog.text


def test_loading_leaves_a_run_under_way_alone(saved):
  directory, _ = saved
  (directory / '4.orbax-checkpoint-tmp').mkdir()
  load_params(directory)
  assert (directory / '4.orbax-checkpoint-tmp').exists()


def test_what_was_sharded_loads_on_one_device(tmp_path):
  mesh = jax.make_mesh((8,), ('x',))
  kernel = jax.device_put(
    jnp.arange(16.0).reshape(8, 2), jax.NamedSharding(mesh, jax.P('x'))
  )
  save_params(tmp_path / 'pair', {'kernel': kernel})
  loaded, _ = load_params(tmp_path / 'pair')
  assert loaded['kernel'].devices() == {jax.devices()[0]}
  np.testing.assert_array_equal(loaded['kernel'], kernel)


@pytest.mark.parametrize(
  ('make', 'message'),
  [
    (lambda path: None, 'does not exist'),
    (lambda path: path.mkdir(), 'is no whole checkpoint'),
    (lambda path: path.write_bytes(b'weights'), 'is no whole checkpoint'),
    (lambda path: (path / 'checkpoints').mkdir(parents=True), 'no whole'),
    (lambda path: (path / 'checkpoints' / '1').mkdir(parents=True), 'no good'),
    (lambda path: _truncated(path), 'cannot be read'),
  ],
)
def test_what_is_no_checkpoint_is_named(tmp_path, make, message):
  path = tmp_path / 'given'
  make(path)
  with pytest.raises(CheckpointError, match=message) as raised:
    load_params(path)
  assert str(path) in str(raised.value)
  assert 'accepted are' in str(raised.value)


def _truncated(path):
  save_params(path, PARAMS)
  (path / 'state' / 'manifest.ocdbt').write_bytes(b'')


def test_a_step_that_holds_no_params_is_named(tmp_path):
  with Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(1, {'w': jnp.ones(2)}, {})
  with pytest.raises(CheckpointMismatch, match='neither the state of one'):
    load_params(tmp_path)


def test_check_like_names_the_first_leaf_that_differs():
  wide = jax.eval_shape(
    lambda: {**PARAMS, 'head': {'kernel': jnp.ones((3, 4))}}
  )
  with pytest.raises(
    CheckpointMismatch,
    match=r"^there does not fit the model: leaf 'head/kernel' has shape"
    r' \(3, 2\); wanted is \(3, 4\)$',
  ):
    check_like(PARAMS, wide, 'there')
  with pytest.raises(CheckpointMismatch, match="'head/kernel' is missing"):
    check_like({'layers': PARAMS['layers']}, PARAMS, 'there')
  with pytest.raises(CheckpointMismatch, match="'head/kernel' is not wanted"):
    check_like(PARAMS, {'layers': PARAMS['layers']}, 'there')
  widened = jax.tree.map(lambda x: x.astype(jnp.float32), PARAMS)
  check_like(widened, PARAMS, 'there')


def test_a_fingerprint_is_of_the_step_that_is_read(tmp_path, make_state):
  states = {step: make_state(step) for step in (0, 3, 6)}
  with Checkpoints(tmp_path / 'checkpoints', keep=3) as checkpoints:
    for step, state in states.items():
      checkpoints.save(step, state, {})
  found = fingerprint(tmp_path)
  assert found.startswith('step 6, ')
  assert found == fingerprint(tmp_path / 'checkpoints')
  assert found == fingerprint(tmp_path / 'checkpoints' / '6')
  assert found == fingerprint(tmp_path, step=6)
  assert fingerprint(tmp_path, step=3).startswith('step 3, ')
  shutil.rmtree(tmp_path / 'checkpoints' / '6' / 'state')
  assert fingerprint(tmp_path) == fingerprint(tmp_path, step=3)


@pytest.mark.parametrize(
  ('what', 'same'),
  [('nothing', True), ('opt_state', True), ('params', False), ('mask', False)],
)
def test_a_fingerprint_is_of_params_and_masks(tmp_path, make_state, what, same):
  """Of nothing else in the state, nor of when it was saved."""
  state, changed = make_state(1), make_state(5)
  first = state
  if what == 'opt_state':
    first = first._replace(opt_state=changed.opt_state)
  elif what == 'params':
    first = first._replace(params=changed.params)
  elif what == 'mask':
    first = first._replace(mask_state=changed.mask_state)
  for name, one in (('a', state), ('b', first)):
    with Checkpoints(tmp_path / name) as checkpoints:
      checkpoints.save(4, one, {'saved': name})
  found = [fingerprint(tmp_path / name) for name in 'ab']
  assert (found[0] == found[1]) is same


def test_what_cannot_be_read_has_no_fingerprint(tmp_path):
  with pytest.raises(CheckpointError, match='none does not exist'):
    fingerprint(tmp_path / 'none')
  save_params(tmp_path / 'pair', PARAMS, MASKS)
  assert fingerprint(tmp_path / 'pair').startswith('step 0, ')
