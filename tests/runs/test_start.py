import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.data import resident
from jaxsparse.runs import sources
from jaxsparse.runs.build import build
from jaxsparse.runs.group import start
from jaxsparse.training.checkpoints import Checkpoints, save_params


def state_of(config):
  """The state at step 0."""
  experiment = build(config)
  data = resident.put(experiment.dataset.train)
  return start(experiment, data, sources.load(experiment))


def leaves(tree):
  return {p: np.asarray(leaf) for p, leaf in paths.flatten(tree).items()}


def assert_equal(found, expected):
  found, expected = leaves(found), leaves(expected)
  assert found.keys() == expected.keys()
  for path, leaf in expected.items():
    np.testing.assert_array_equal(found[path], leaf, err_msg=path, strict=True)


@pytest.fixture(scope='module')
def dense(make_config):
  state = state_of(make_config('dense', seed=5, updater__sparsity=0.0))
  # Biases start at 0; a trained one does not.
  params = jax.tree.map(lambda p: p + 0.25, state.params)
  return state._replace(params=params)


@pytest.fixture(scope='module')
def sparse(make_config):
  return state_of(make_config('static', seed=6))


@pytest.fixture
def saved(tmp_path, dense, sparse):
  """Dense params, a sparse pair, and the checkpoints of a run."""
  save_params(tmp_path / 'dense', dense.params)
  save_params(tmp_path / 'full', dense.params, dense.mask_state.masks)
  save_params(tmp_path / 'pair', sparse.params, sparse.mask_state.masks)
  with Checkpoints(tmp_path / 'run' / 'checkpoints') as checkpoints:
    checkpoints.save(3, sparse, {})
  return tmp_path


def starting_from(make_config, source, method='rigl', **fields):
  fields = {'seed': 9, 'init__checkpoint': str(source)} | fields
  return make_config(method, **fields)


@pytest.mark.parametrize('source', ['dense', 'full'])
def test_dense_params_start_a_sparse_run_under_its_own_masks(
  make_config, saved, dense, source
):
  own = state_of(make_config(seed=9))
  state = state_of(starting_from(make_config, saved / source))
  assert_equal(state.mask_state.masks, own.mask_state.masks)
  masks = leaves(state.mask_state.masks)
  expected = {
    path: np.where(masks[path], leaf, 0) if path in masks else leaf
    for path, leaf in leaves(dense.params).items()
  }
  assert leaves(state.params).keys() == expected.keys()
  for path, leaf in leaves(state.params).items():
    np.testing.assert_array_equal(leaf, expected[path])
  assert state.step == 0


def test_dense_params_start_a_dense_run_as_they_are(make_config, saved, dense):
  config = starting_from(
    make_config, saved / 'dense', 'dense', updater__sparsity=0.0
  )
  state = state_of(config)
  assert_equal(state.params, dense.params)


@pytest.mark.parametrize('method', ['rigl', 'static', 'snfs'])
@pytest.mark.parametrize('source', ['pair', 'run', 'run/checkpoints/3'])
def test_sparse_masks_are_taken_with_their_params(
  make_config, saved, sparse, method, source
):
  state = state_of(starting_from(make_config, saved / source, method))
  assert_equal(state.params, sparse.params)
  assert_equal(state.mask_state.masks, sparse.mask_state.masks)


@pytest.mark.parametrize(
  ('method', 'fields'),
  [
    ('dense', {'updater__sparsity': 0.0}),
    ('gmp', {'updater__stop_step': 20}),
  ],
)
def test_a_method_that_starts_dense_takes_zeros_as_weights(
  make_config, saved, sparse, method, fields
):
  config = starting_from(make_config, saved / 'pair', method, **fields)
  state = state_of(config)
  assert_equal(state.params, sparse.params)
  assert all(np.all(m) for m in leaves(state.mask_state.masks).values())


def test_params_of_another_dtype_are_cast(make_config, tmp_path, dense):
  half = jax.tree.map(lambda p: p.astype(jnp.bfloat16), dense.params)
  save_params(tmp_path / 'half', half)
  config = starting_from(
    make_config, tmp_path / 'half', 'dense', updater__sparsity=0.0
  )
  state = state_of(config)
  assert_equal(
    state.params, jax.tree.map(lambda p: p.astype(jnp.float32), half)
  )


def test_masks_of_another_sparsity_are_refused(make_config, saved, sparse):
  config = starting_from(make_config, saved / 'pair', updater__sparsity=0.5)
  experiment = build(config)
  path = 'Dense_0/kernel'
  active = leaves(sparse.mask_state.masks)[path].sum()
  said = f"{active} active weights at '{path}'; .* asks for"
  with pytest.raises(ValueError, match=said) as error:
    sources.load(experiment)
  assert str(experiment.target_counts[path]) in str(error.value)


def test_another_architecture_is_refused_at_its_first_leaf(make_config, saved):
  config = starting_from(make_config, saved / 'dense', model__features=(17,))
  with pytest.raises(ValueError, match="'Dense_0/bias' has shape \\(16,\\)"):
    sources.load(build(config))


def broken(saved, how):
  source = saved / how
  if how == 'empty':
    source.mkdir()
  elif how == 'file':
    source.write_text('no checkpoint')
  elif how == 'truncated':
    save_params(source, {'w': jnp.arange(1000.0)})
    largest = max(
      (p for p in source.rglob('*') if p.is_file()),
      key=lambda p: p.stat().st_size,
    )
    largest.write_bytes(largest.read_bytes()[:100])
  return source


@pytest.mark.parametrize('how', ['missing', 'empty', 'file', 'truncated'])
def test_what_is_no_good_checkpoint_is_refused(make_config, saved, how):
  source = broken(saved, how)
  experiment = build(starting_from(make_config, source))
  with pytest.raises(ValueError, match='config.init.checkpoint: ') as error:
    sources.load(experiment)
  assert str(source) in str(error.value)


def test_weights_that_are_given_are_not_drawn_again(make_config, saved):
  config = starting_from(make_config, saved / 'dense', init='sparse')
  with pytest.raises(ValueError, match='config.init.name: sparse would redraw'):
    build(config)


def test_no_checkpoint_gives_nothing(make_config):
  assert sources.load(build(make_config())) == sources.ITS_OWN
