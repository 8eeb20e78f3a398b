"""Runs that start from runs: real ones, of 30 steps."""

import shutil

import numpy as np
import pytest

from jaxsparse.config import run_config
from jaxsparse.core import paths
from jaxsparse.data import resident
from jaxsparse.errors import Interrupted
from jaxsparse.runs import sources
from jaxsparse.runs.build import build
from jaxsparse.runs.group import start
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import load_params, save_params


@pytest.fixture(scope='module')
def pruned(tmp_path_factory, make_config):
  """A finished run that pruned from step 5 to 20, and kept step 7."""
  config = make_config('gmp', seed=5)
  config.updater.update(start_step=5, stop_step=20)
  config.checkpoint.keep_steps = (7,)
  root = tmp_path_factory.mktemp('runs') / 'pruned'
  train(config, root, plots=False)
  return root


def state_of(config, workdir=None):
  """The state at step 0."""
  experiment = build(config)
  data = resident.put(experiment.dataset.train)
  return start(experiment, data, sources.load(experiment, workdir))


def starting(make_config, method='static', init='dense', **init_fields):
  config = make_config(method, seed=9, init=init)
  config.init.update(init_fields)
  return config


def leaves(tree):
  return {p: np.asarray(leaf) for p, leaf in paths.flatten(tree).items()}


def assert_equal(found, expected):
  found, expected = leaves(found), leaves(expected)
  assert found.keys() == expected.keys()
  for path, leaf in expected.items():
    np.testing.assert_array_equal(found[path], leaf, err_msg=path, strict=True)


def masked(params, masks):
  """By product, as no weight of these is NaN."""
  masks = leaves(masks)
  return {p: x * masks.get(p, True) for p, x in leaves(params).items()}


@pytest.mark.parametrize('step', [0, 7])
def test_a_ticket_has_early_weights_under_late_masks(make_config, pruned, step):
  early, _ = load_params(pruned / 'checkpoints' / str(step))
  _, late = load_params(pruned / 'checkpoints' / '30')
  state = state_of(
    starting(
      make_config,
      checkpoint=str(pruned),
      checkpoint_step=step,
      masks=str(pruned),
    )
  )
  assert_equal(state.mask_state.masks, late)
  expected = masked(early, late)
  for path, leaf in leaves(state.params).items():
    np.testing.assert_array_equal(leaf, expected[path])
  # At step 0 all weights are there, so this is no copy of the end.
  assert all(
    np.any(x[~leaves(late)[p]]) for p, x in leaves(early).items() if x.ndim > 1
  )


def test_from_scratch_has_weights_of_its_own(make_config, pruned):
  _, late = load_params(pruned)
  own = state_of(make_config('dense', seed=9, updater__sparsity=0.0))
  state = state_of(starting(make_config, masks=str(pruned)))
  assert_equal(state.mask_state.masks, late)
  assert_equal(state.params, masked(own.params, late))


@pytest.mark.parametrize('method', ['static', 'rigl', 'set', 'snfs'])
def test_a_prune_restart_goes_on_from_the_end(make_config, pruned, method):
  """Also where the masks are then free to change."""
  params, masks = load_params(pruned)
  state = state_of(
    starting(make_config, method, checkpoint=str(pruned), masks='')
  )
  assert_equal(state.params, params)
  assert_equal(state.mask_state.masks, masks)
  assert state.step == 0


def test_masks_of_an_earlier_step(make_config, tmp_path):
  config = make_config('rigl', seed=5)
  config.checkpoint.keep_steps = (7,)
  train(config, tmp_path / 'run', plots=False)
  early, late = (
    load_params(tmp_path / 'run' / 'checkpoints' / step)[1]
    for step in ('7', '30')
  )
  state = state_of(
    starting(make_config, 'rigl', masks=str(tmp_path / 'run'), masks_step=7)
  )
  assert_equal(state.mask_state.masks, early)
  assert any(np.any(m != leaves(late)[p]) for p, m in leaves(early).items())


def test_shuffled_masks_keep_the_counts_and_differ_by_seed(make_config, pruned):
  config = starting(make_config, masks=str(pruned), shuffle_masks=True)
  states = [state_of(config)]
  assert_equal(state_of(config).mask_state.masks, states[0].mask_state.masks)
  config.seed = 10
  states.append(state_of(config))
  usual = state_of(starting(make_config))
  _, given = load_params(pruned)
  masks = [
    given,
    usual.mask_state.masks,  # Of a random run of the same seed.
    *(state.mask_state.masks for state in states),
  ]
  for path in leaves(given):
    found = [leaves(m)[path] for m in masks]
    assert len({int(m.sum()) for m in found}) == 1
    expected = found[0].mean() ** 2
    for i, one in enumerate(found):
      for other in found[:i]:
        # Two random masks of density d share d^2; sd is 0.02 at most here.
        assert np.mean(one & other) == pytest.approx(expected, abs=0.1)
        assert np.any(one != other)
  for state in states:
    assert_equal(state.params, masked(state.params, state.mask_state.masks))


def test_a_sparse_initialisation_is_for_the_masks_that_are_given(
  make_config, pruned
):
  _, masks = load_params(pruned)
  config = starting(make_config, init='sparse', masks=str(pruned))
  config.init.distribution = 'uniform'
  state = state_of(config)
  mask = leaves(masks)['Dense_0/kernel']
  assert_equal(state.mask_state.masks, masks)
  weights = leaves(state.params)['Dense_0/kernel']
  assert not np.any(weights[~mask])
  # Uniform of variance 2 / fan: within the edge, and close to it somewhere.
  edges = np.sqrt(6.0 / np.maximum(mask.sum(axis=0), 1))
  filled = np.abs(weights).max(axis=0) / edges
  assert np.all(filled <= 1)
  assert np.median(filled[mask.sum(axis=0) > 5]) > 0.7


def test_a_run_beside_is_named(make_config, pruned):
  _, masks = load_params(pruned)
  config = starting(make_config, masks='run:pruned')
  state = state_of(config, pruned.parent / 'mine')
  assert_equal(state.mask_state.masks, masks)
  with pytest.raises(ValueError, match=r'config\.init\.masks: .* beside the'):
    state_of(config)


def test_a_run_needs_its_sources_at_step_0_alone(make_config, pruned, tmp_path):
  shutil.copytree(pruned, tmp_path / 'pruned')
  config = starting(
    make_config,
    'rigl',
    checkpoint='run:pruned',
    checkpoint_step=0,
    masks='run:pruned',
  )
  whole = train(config, tmp_path / 'whole', plots=False)
  stop = iter([False, True])
  with pytest.raises(Interrupted):
    train(
      config,
      tmp_path / 'broken',
      plots=False,
      interrupted=lambda: next(stop),
    )
  shutil.rmtree(tmp_path / 'pruned')
  resumed = train(config, tmp_path / 'broken', plots=False)
  assert resumed['test_accuracy'] == whole['test_accuracy']
  assert_equal(
    load_params(tmp_path / 'broken')[0], load_params(tmp_path / 'whole')[0]
  )
  with pytest.raises(ValueError, match='pruned is no finished run'):
    train(config, tmp_path / 'new', plots=False)
  assert not (tmp_path / 'new').exists()


@pytest.fixture
def begun(make_config, pruned, tmp_path):
  """The config of a run that was stopped, beside a copy of its source."""
  shutil.copytree(pruned, tmp_path / 'pruned')
  config = starting(make_config, masks='run:pruned')
  with pytest.raises(Interrupted):
    train(config, tmp_path / 'a', plots=False, interrupted=lambda: True)
  return config


def replaced(make_config, root, seed):
  """Trains the source anew, of some seed."""
  shutil.rmtree(root)
  config = make_config('gmp', seed=seed)
  config.updater.update(start_step=5, stop_step=20)
  config.checkpoint.keep_steps = (7,)
  train(config, root, plots=False)


def test_a_run_whose_source_has_changed_is_another_one(
  make_config, begun, tmp_path
):
  replaced(make_config, tmp_path / 'pruned', seed=6)
  said = r'started from something else .* config\.init\.masks: step 30, '
  with pytest.raises(ValueError, match=said):
    train(begun, tmp_path / 'a', plots=False)
  assert not (tmp_path / 'a' / 'summary.json').exists()
  train(begun, tmp_path / 'new', plots=False)
  # Nor is it once it is finished.
  replaced(make_config, tmp_path / 'pruned', seed=7)
  with pytest.raises(ValueError, match=said):
    train(begun, tmp_path / 'new', plots=False)


def test_a_source_that_is_made_again_to_the_same_bits_is_the_same(
  make_config, begun, tmp_path
):
  replaced(make_config, tmp_path / 'pruned', seed=5)
  assert train(begun, tmp_path / 'a', plots=False)['steps'] == 30


def test_a_source_that_cannot_be_read_is_as_if_gone(begun, tmp_path):
  (tmp_path / 'pruned' / 'summary.json').write_text('{"half')
  assert train(begun, tmp_path / 'a', plots=False)['steps'] == 30


@pytest.mark.parametrize('field', run_config.SOURCES)
def test_a_step_that_is_not_there_is_refused(make_config, pruned, field):
  fields = {field: str(pruned), f'{field}_step': 8}
  if field.startswith('align'):  # All of these, or none.
    others = ('masks', 'align_from', 'align_to')
    fields = {**dict.fromkeys(others, str(pruned)), **fields}
    fields['transplant'] = 'aligned'
  experiment = build(starting(make_config, **fields))
  said = rf'config\.init\.{field}: .* has no step 8; it has 0, 7, 20, 30$'
  with pytest.raises(ValueError, match=said):
    sources.load(experiment)


def test_masks_of_other_counts_are_refused(make_config, pruned):
  config = starting(make_config, masks=str(pruned))
  config.updater.sparsity = 0.7
  experiment = build(config)
  path = 'Dense_0/kernel'
  here = leaves(load_params(pruned)[1])[path].sum()
  wanted = experiment.target_counts[path]
  with pytest.raises(
    ValueError,
    match=rf"config\.init\.masks: .* holds {here} active weights at '{path}';"
    rf' config\.updater asks for {wanted}$',
  ):
    sources.load(experiment)


def test_masks_that_are_still_full_are_refused(make_config, pruned):
  config = starting(make_config, masks=str(pruned), masks_step=0)
  with pytest.raises(ValueError, match='holds 1024 active weights'):
    sources.load(build(config))


def test_masks_of_another_model_are_refused(make_config, pruned):
  config = starting(make_config, masks=str(pruned))
  config.model.features = (17,)
  with pytest.raises(ValueError, match=r'config\.init\.masks: .* has shape'):
    sources.load(build(config))


def test_a_source_without_masks_is_refused(make_config, pruned, tmp_path):
  params, _ = load_params(pruned)
  save_params(tmp_path / 'bare', params)
  config = starting(make_config, masks=str(tmp_path / 'bare'))
  with pytest.raises(ValueError, match='bare holds no masks'):
    sources.load(build(config))


@pytest.mark.parametrize(
  ('method', 'fields'),
  [('dense', {'sparsity': 0.0}), ('gmp', {'stop_step': 20})],
)
def test_a_method_that_starts_dense_takes_no_masks(
  make_config, pruned, method, fields
):
  config = starting(make_config, method, masks=str(pruned))
  config.updater.update(fields)
  with pytest.raises(
    ValueError, match=rf'config\.init\.masks: {method} starts with all'
  ):
    build(config)
