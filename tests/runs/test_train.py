"""The train driver in this process; whole processes are in `tests/launch`."""

import json
import logging
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import paths, prng
from jaxsparse.core.types import Facts
from jaxsparse.runs.build import build
from jaxsparse.runs.train import SaveFailed, TrainingFailed, train
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import CheckpointError, Checkpoints, files
from jaxsparse.training.evaluate import BrokenInvariant
from jaxsparse.training.loop import Interrupted
from jaxsparse.updaters.dense import dense
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static


def state_at(workdir, step):
  """Arrays by path, and the run's account, of a checkpoint."""
  directory = files.absolute(workdir / 'checkpoints' / str(step))
  record = files.read_record(directory)
  state = files.read(directory, record, files.read_structure(directory))
  return paths.flatten(jax.device_get(state)), record.meta


def member_at(workdir, step, replicate):
  """The arrays of one member, as bytes."""
  arrays, _ = state_at(workdir, step)
  prefix = f'members/{replicate}/'
  return {
    path.removeprefix(prefix): array.tobytes()
    for path, array in arrays.items()
    if path.startswith(prefix)
  }


def records_of(workdir, replicate):
  return [
    {k: v for k, v in record.items() if k != 'replicate'}
    for record in metrics.read(workdir / 'metrics.jsonl')
    if record['replicate'] == replicate
  ]


def poisoned(counts, *, victim=-1.0, start_step=0, stop_step):
  """RigL; the replicate of seed `victim` has NaN gradients from step 12 on."""
  base = rigl(counts, start_step=start_step, stop_step=stop_step)

  def init(params, *, key, probe=None):
    root = jax.random.key(jnp.asarray(victim).astype(jnp.int32))
    theirs = jax.random.key_data(prng.stream(root, 'initial_masks'))
    marked = jnp.all(jax.random.key_data(key) == theirs)
    state = base.init(params, key=key, probe=probe)
    return state._replace(inner=marked)

  def regularise(grads, state, params, *, step, key):
    bad = state.inner & (step >= 12)
    return jax.tree.map(lambda g: jnp.where(bad, jnp.nan, g), grads)

  return base._replace(init=init, regularise=regularise)


def leaking(counts):
  """A method with a defect: its mask steps revive weights."""

  def update(grads, state, params, *, step, key):
    return jax.tree.map(lambda p: p + 1.0, params), state

  return static(counts)._replace(update=update, facts=Facts())


def lazy(counts):
  """A method with another: it promises to prune, and never does."""
  return dense(counts)._replace(
    facts=Facts(invariant='scheduled', mask_steps='none')
  )


@pytest.fixture(scope='module')
def pair(tmp_path_factory, make_config):
  """A finished run of seeds 3 and 4, and its summary."""
  workdir = tmp_path_factory.mktemp('train') / 'pair'
  config = make_config(seed=3, replicates=2)
  config.checkpoint.keep_steps = (7,)
  return workdir, train(config, workdir)


def test_a_workdir_holds_all_of_a_run(pair):
  workdir, result = pair
  assert {p.name for p in workdir.iterdir()} == {
    *('.lock', 'config.json', 'metrics.jsonl', 'tensorboard', 'checkpoints'),
    *('plots', 'summary.json'),
  }
  assert json.loads((workdir / 'summary.json').read_text()) == result
  config = json.loads((workdir / 'config.json').read_text())
  assert config['digest'] == result['config_digest']
  assert config['config']['updater']['sparsity'] == 0.8
  # The start, rewind points and the newest two.
  saved = sorted(int(p.name) for p in (workdir / 'checkpoints').glob('[0-9]*'))
  assert saved == [0, 7, 20, 30]
  for plot in (workdir / 'plots').iterdir():
    assert plot.read_bytes().startswith(b'\x89PNG')


def test_records_are_made_when_they_are_due(pair):
  workdir, _ = pair
  for replicate in (0, 1):
    records = {r['step']: r for r in records_of(workdir, replicate)}
    # Masks change at 0, 5, 10, 15 and 20; stop_step is 22.
    assert {s for s, r in records.items() if 'churn' in r} == {1, 6, 11, 16, 21}
    assert {s for s, r in records.items() if 'loss' in r} == {10, 20, 30}
    evaluated = {s: r for s, r in records.items() if 'eval_loss' in r}
    assert set(evaluated) == {0, 15, 30}
    for record in evaluated.values():
      assert set(record['layer_sparsity']) == {
        *('Dense_0/kernel', 'Dense_1/kernel'),
      }


def test_the_summary_is_true_of_the_last_checkpoint(pair, make_config):
  workdir, result = pair
  dataset = build(make_config()).dataset
  pixels = dataset.test.images.reshape(len(dataset.test.labels), -1) / 16
  arrays, meta = state_at(workdir, 30)
  for i in (0, 1):
    params, masks = (
      {k.removeprefix(head): v for k, v in arrays.items() if k.startswith(head)}
      for head in (f'members/{i}/params/', f'members/{i}/mask_state/masks/')
    )
    hidden = pixels @ params['Dense_0/kernel'] + params['Dense_0/bias']
    logits = np.maximum(hidden, 0) @ params['Dense_1/kernel']
    right = (logits + params['Dense_1/bias']).argmax(1) == dataset.test.labels
    assert result['test_accuracy']['values'][i] == pytest.approx(right.mean())
    assert records_of(workdir, i)[-1]['eval_accuracy'] == pytest.approx(
      right.mean()
    )
    active = sum(mask.sum() for mask in masks.values())
    assert result['active_weights'] == active
    assert all(np.all(params[p][~m] == 0) for p, m in masks.items())
  assert result['total_weights'] == 64 * 16 + 16 * 10
  assert result['steps'] == 30
  assert meta['digest'] == result['config_digest']
  assert meta['config']['seed'] == 3
  assert meta['made_on']['jax'] == jax.__version__


def test_a_replicate_is_the_run_of_its_seed_alone(pair, make_config, tmp_path):
  workdir, result = pair
  alone = train(make_config(seed=4), tmp_path)
  assert member_at(tmp_path, 30, 0) == member_at(workdir, 30, 1)
  assert records_of(tmp_path, 0) == records_of(workdir, 1)
  assert (
    alone['test_accuracy']['values'][0]
    == (result['test_accuracy']['values'][1])
  )
  assert member_at(workdir, 30, 0) != member_at(workdir, 30, 1)


def test_a_finished_run_is_told_and_not_touched(pair, make_config, caplog):
  workdir, result = pair
  caplog.set_level(logging.INFO, logger='jaxsparse')
  before = {p: p.stat().st_mtime_ns for p in workdir.rglob('*')}
  config = make_config(seed=3, replicates=2)
  config.checkpoint.keep_steps = (7,)
  assert train(config, workdir) == result
  assert caplog.messages == [f'{workdir} is finished; nothing to do']
  del before[workdir / '.lock']
  assert {p: p.stat().st_mtime_ns for p in before} == before


def test_runs_that_differ_in_numbers_compile_nothing(
  pair, make_config, tmp_path, caplog
):
  del pair  # It has compiled all there is.
  other = make_config(
    seed=11,
    updater__sparsity=0.5,
    updater__drop_fraction=0.1,
    updater__distribution='uniform',
    optimizer__learning_rate=0.01,
    optimizer__weight_decay=1e-4,
  )
  with jax.log_compiles(), caplog.at_level('WARNING', logger='jax'):
    train(other, tmp_path)
    jax.jit(lambda x: 2 * x + 3)(1.0)  # to see that it would be seen
  compiled = re.findall(r'XLA compilation of (\S+) in', caplog.text)
  assert compiled == ['jit(<lambda>)']


def test_one_replicate_fails_and_the_other_never_knows(make_config, tmp_path):
  def config(**fields):
    fields = {'updater__victim': 7.0, 'checkpoint__keep': 9} | fields
    return make_config(poisoned, **fields)

  both = train(config(seed=7, replicates=2), tmp_path / 'both')
  alone = train(config(seed=8), tmp_path / 'alone')
  assert both['failed'] == {'0': 13}
  assert both['test_accuracy']['values'][0] is None
  assert (
    both['test_accuracy']['values'][1] == (alone['test_accuracy']['values'][0])
  )
  assert member_at(tmp_path / 'both', 30, 1) == (
    member_at(tmp_path / 'alone', 30, 0)
  )
  assert records_of(tmp_path / 'both', 1) == records_of(tmp_path / 'alone', 0)
  # The failed one stays at its last good state, and is heard of no more.
  for step in (20, 30):
    assert member_at(tmp_path / 'both', step, 0) == (
      member_at(tmp_path / 'both', 10, 0)
    )
  assert records_of(tmp_path / 'both', 0)[-1]['step'] == 11
  kept = json.loads((tmp_path / 'both' / 'config.json').read_text())
  assert kept['config']['updater']['name'].endswith('.poisoned')


def test_a_run_without_a_replicate_left_keeps_its_last_good_checkpoint(
  make_config, tmp_path
):
  config = make_config(poisoned, seed=7, updater__victim=7.0)
  for _ in range(2):  # The same command again comes to the same end.
    with pytest.raises(TrainingFailed) as failed:
      train(config, tmp_path)
    assert str(failed.value) == (
      'the loss is not finite at step 13; the last good checkpoint is'
      ' that of step 10'
    )
    arrays, meta = state_at(tmp_path, 10)
    assert all(np.all(np.isfinite(array)) for array in arrays.values())
    assert meta['failed'] == {}
  assert not (tmp_path / 'summary.json').exists()


def test_an_interrupted_run_goes_on_from_where_it_was(
  pair, make_config, tmp_path
):
  asked = iter([False] * 6 + [True])
  config = make_config(seed=4)
  with pytest.raises(Interrupted) as stopped:
    train(config, tmp_path, interrupted=lambda: next(asked))
  step = stopped.value.step
  assert state_at(tmp_path, step)[0]['members/0/step'] == step
  train(config, tmp_path)
  assert member_at(tmp_path, 30, 0) == member_at(pair[0], 30, 1)


@pytest.mark.parametrize(
  ('method', 'said'),
  [
    (leaking, 'weights outside the mask are not 0'),
    (lazy, r'Dense_0/kernel: 1024 active weights; .* promises \d+'),
  ],
)
def test_a_method_that_breaks_its_promise_is_found_out(
  make_config, tmp_path, method, said
):
  with pytest.raises(BrokenInvariant, match=said):
    train(make_config(method), tmp_path)
  assert not (tmp_path / 'summary.json').exists()


@pytest.mark.parametrize('stopped', [False, True])
def test_a_save_that_fails_is_neither_bad_input_nor_done(
  make_config, tmp_path, monkeypatch, stopped
):
  """The last save, and that of an interruption, end behind the loop."""
  wait = Checkpoints.wait

  def full(self):
    wait(self)
    if {p.name for p in self.directory.iterdir()} - {'0'}:
      raise CheckpointError('no space left')

  monkeypatch.setattr(Checkpoints, 'wait', full)
  config = make_config('static', checkpoint__interval=50)
  with pytest.raises(SaveFailed, match='no space left'):
    train(config, tmp_path, interrupted=lambda: stopped)
  assert not (tmp_path / 'summary.json').exists()
