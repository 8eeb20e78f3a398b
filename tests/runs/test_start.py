import logging

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.data import resident
from jaxsparse.runs import sources, start
from jaxsparse.runs.build import build
from jaxsparse.runs.compiled import compiled
from jaxsparse.training.carry import Carry
from jaxsparse.training.checkpoints import Checkpoints, save_params
from jaxsparse.training.loop import Progress


def states_of(config):
  """The states of all replicates at step 0."""
  experiment = build(config)
  given = sources.given(experiment)
  return [
    start.fresh_state(
      experiment,
      compiled(experiment),
      resident.put(experiment.dataset.train),
      i,
      given,
    )
    for i in range(len(experiment.members))
  ]


def leaves(tree):
  return {p: np.asarray(leaf) for p, leaf in paths.flatten(tree).items()}


def assert_equal(found, expected):
  found, expected = leaves(found), leaves(expected)
  assert found.keys() == expected.keys()
  for path, leaf in expected.items():
    np.testing.assert_array_equal(found[path], leaf, err_msg=path, strict=True)


@pytest.fixture(scope='module')
def dense(make_config):
  (state,) = states_of(make_config('dense', seed=5, updater__sparsity=0.0))
  # Biases start at 0; a trained one does not.
  params = jax.tree.map(lambda p: p + 0.25, state.params)
  return state._replace(params=params)


@pytest.fixture(scope='module')
def sparse(make_config):
  return states_of(make_config('static', seed=6, replicates=2))


@pytest.fixture
def saved(tmp_path, dense, sparse):
  """Dense params, a sparse pair, and the checkpoints of a run of two."""
  save_params(tmp_path / 'dense', dense.params)
  save_params(tmp_path / 'full', dense.params, dense.mask_state.masks)
  save_params(tmp_path / 'pair', sparse[0].params, sparse[0].mask_state.masks)
  with Checkpoints(tmp_path / 'run' / 'checkpoints') as checkpoints:
    checkpoints.save(3, {'members': tuple(sparse)}, {})
  return tmp_path


def starting_from(make_config, source, method='rigl', **fields):
  fields = {'seed': 9, 'init__checkpoint': str(source)} | fields
  return make_config(method, **fields)


@pytest.mark.parametrize('source', ['dense', 'full'])
def test_dense_params_start_a_sparse_run_under_its_own_masks(
  make_config, saved, dense, source
):
  (own,) = states_of(make_config(seed=9))
  (state,) = states_of(starting_from(make_config, saved / source))
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
  (state,) = states_of(config)
  assert_equal(state.params, dense.params)


@pytest.mark.parametrize('method', ['rigl', 'static', 'snfs'])
@pytest.mark.parametrize('source', ['pair', 'run', 'run/checkpoints/3'])
def test_sparse_masks_are_taken_with_their_params(
  make_config, saved, sparse, method, source
):
  (state,) = states_of(starting_from(make_config, saved / source, method))
  assert_equal(state.params, sparse[0].params)
  assert_equal(state.mask_state.masks, sparse[0].mask_state.masks)


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
  (state,) = states_of(config)
  assert_equal(state.params, sparse[0].params)
  assert all(np.all(m) for m in leaves(state.mask_state.masks).values())


def test_every_replicate_starts_from_the_first_member(
  make_config, saved, sparse
):
  config = starting_from(make_config, saved / 'run', replicates=2)
  for state in states_of(config):
    assert_equal(state.params, sparse[0].params)
    assert_equal(state.mask_state.masks, sparse[0].mask_state.masks)


def test_params_of_another_dtype_are_cast(make_config, tmp_path, dense):
  half = jax.tree.map(lambda p: p.astype(jnp.bfloat16), dense.params)
  save_params(tmp_path / 'half', half)
  config = starting_from(
    make_config, tmp_path / 'half', 'dense', updater__sparsity=0.0
  )
  (state,) = states_of(config)
  assert_equal(
    state.params, jax.tree.map(lambda p: p.astype(jnp.float32), half)
  )


def test_masks_of_another_sparsity_are_refused(make_config, saved, sparse):
  config = starting_from(make_config, saved / 'pair', updater__sparsity=0.5)
  experiment = build(config)
  path = 'Dense_0/kernel'
  active = leaves(sparse[0].mask_state.masks)[path].sum()
  said = f"{active} active weights at '{path}'; .* asks for"
  with pytest.raises(ValueError, match=said) as error:
    sources.given(experiment)
  assert str(experiment.target_counts[path]) in str(error.value)


def test_another_architecture_is_refused_at_its_first_leaf(make_config, saved):
  config = starting_from(make_config, saved / 'dense', model__features=(17,))
  with pytest.raises(ValueError, match="'Dense_0/bias' has shape \\(16,\\)"):
    sources.given(build(config))


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
    sources.given(experiment)
  assert str(source) in str(error.value)


def test_weights_that_are_given_are_not_drawn_again(make_config, saved):
  config = starting_from(make_config, saved / 'dense', init='sparse')
  with pytest.raises(ValueError, match='config.init.name: sparse would redraw'):
    build(config)


def test_no_checkpoint_gives_nothing(make_config):
  assert sources.given(build(make_config())) == (None, None)


PROGRESS = Progress(40, [[0.1, 1 / 3, 7], [2.5, 0.5, 7]], {1: 33})
CONFIG = {'seed': 3, 'model': {'features': (16,)}}


ALONE = Carry('one_by_one', 1, 1)


def test_what_a_checkpoint_carries_is_read_back():
  meta = start.to_meta(PROGRESS, CONFIG, 12.5, Carry('vmap', 6, 8))
  assert start.from_meta(40, meta, CONFIG) == PROGRESS
  assert start.carried(meta) == Carry('vmap', 6, 8)
  assert meta['wall_seconds'] == 12.5
  assert meta['config'] == {'seed': 3, 'model': {'features': [16]}}


@pytest.fixture
def warnings(caplog):
  def of(carry, *metas):
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger='jaxsparse'):
      start.warn_of_move(metas, carry)
    return caplog.messages

  return of


def test_going_on_elsewhere_is_warned_of(warnings):
  meta = start.to_meta(PROGRESS, CONFIG, 12.5, ALONE)
  assert warnings(ALONE, meta) == []
  meta['made_on']['jax'] = '0.0.1'
  (message,) = warnings(ALONE, meta)
  assert f'was on jax 0.0.1 and goes on on {jax.__version__}' in message


def test_going_on_under_another_carry_is_warned_of(warnings):
  meta = start.to_meta(PROGRESS, CONFIG, 12.5, Carry('vmap', 6, 8))
  assert warnings(Carry('vmap', 6, 8), meta) == []
  (message,) = warnings(Carry('vmap', 5, 8), meta)
  assert 'was on width 6 and goes on on 5' in message
  message = warnings(ALONE, meta)[0]
  assert 'was on carry vmap and goes on on one_by_one' in message
  other = start.to_meta(PROGRESS, CONFIG, 12.5, Carry('vmap', 7, 8))
  widths = warnings(Carry('vmap', 5, 8), meta, other, meta)
  assert ['width 6' in widths[0], 'width 7' in widths[1]] == [True, True]
  assert len(widths) == 2


def test_checkpoints_that_tell_no_carry_were_carried_one_by_one(warnings):
  meta = start.to_meta(PROGRESS, CONFIG, 12.5, ALONE)
  for name in ('carry', 'width', 'devices'):
    del meta['made_on'][name]
  assert start.carried(meta) == ALONE
  assert warnings(ALONE, meta) == []
  assert len(warnings(Carry('vmap', 6, 8), meta)) == 3


def test_a_checkpoint_of_another_config_is_refused():
  meta = start.to_meta(PROGRESS, CONFIG, 12.5, ALONE)
  with pytest.raises(ValueError, match='config.seed: 3 -> 4'):
    start.from_meta(40, meta, CONFIG | {'seed': 4})
