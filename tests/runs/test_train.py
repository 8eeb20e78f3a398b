"""The train driver in this process; whole processes are in `tests/launch`."""

import json
import logging
import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.core.types import Facts
from jaxsparse.errors import Interrupted, SaveFailed, TrainingFailed
from jaxsparse.results.metrics import metric
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import CheckpointError, Checkpoints
from jaxsparse.training.evaluate import BrokenInvariant
from jaxsparse.updaters.dense import dense
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static
from tests.stored_steps import arrays_and_meta


def state_at(workdir, step):
  """Arrays by path, and the metadata, of a checkpoint."""
  return arrays_and_meta(workdir / 'checkpoints' / str(step))


def bits_at(workdir, step):
  """The arrays of a checkpoint, as bytes."""
  return {p: array.tobytes() for p, array in state_at(workdir, step)[0].items()}


def records_of(workdir):
  return metrics.read(workdir / 'metrics.jsonl')


def poisoned(counts, *, start_step=0, stop_step):
  """RigL with NaN gradients from step 12 on."""
  base = rigl(counts, start_step=start_step, stop_step=stop_step)

  def regularise(grads, state, params, *, step, key):
    return jax.tree.map(lambda g: jnp.where(step >= 12, jnp.nan, g), grads)

  return base._replace(regularise=regularise)


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


def remembering(learning_rate):
  """Gradient descent that keeps the learning rate of its last step."""

  def update(grads, state, params=None):
    return jax.tree.map(lambda g: -learning_rate * g, grads), learning_rate

  return optax.GradientTransformation(lambda params: jnp.float32(0), update)


@pytest.fixture(scope='module')
def whole(tmp_path_factory, make_config):
  """A finished run of seed 3, and its summary."""
  workdir = tmp_path_factory.mktemp('train') / 'whole'
  config = make_config(seed=3)
  config.checkpoint.keep_steps = (7,)
  return workdir, train(config, workdir)


def test_a_workdir_holds_all_of_a_run(whole):
  workdir, result = whole
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
  for plot in (workdir / 'plots').glob('*.png'):
    assert plot.read_bytes().startswith(b'\x89PNG')


def test_records_are_made_when_they_are_due(whole):
  workdir, _ = whole
  records = {r['step']: r for r in records_of(workdir)}
  # Masks change at 0, 5, 10, 15 and 20; stop_step is 22.
  assert {s for s, r in records.items() if 'churn' in r} == {1, 6, 11, 16, 21}
  assert {s for s, r in records.items() if 'loss' in r} == {10, 20, 30}
  evaluated = {s: r for s, r in records.items() if 'eval_loss' in r}
  assert set(evaluated) == {0, 15, 30}
  for record in evaluated.values():
    assert set(record['layer_sparsity']) == {
      *('Dense_0/kernel', 'Dense_1/kernel'),
    }


def test_records_have_the_learning_rate_of_the_last_step(tmp_path, make_config):
  """That of the step, in records and in TensorBoard's events.

  It is the very float at XLA's usual level; at level 0 programs may round to
  its neighbour.
  """
  config = make_config(
    'static',
    optimizer=remembering,
    num_steps=20,
    optimizer__schedule='linear',
    optimizer__schedule_arguments=('end=0.3',),
  )
  config.checkpoint.keep_steps = (10,)
  train(config, tmp_path / 'run', plots=False)
  rates = {
    r['step']: r['learning_rate']
    for r in records_of(tmp_path / 'run')
    if 'learning_rate' in r
  }
  assert rates.keys() == {10, 20}
  for step, rate in rates.items():
    used = state_at(tmp_path / 'run', step)[0]['opt_state/1']
    np.testing.assert_array_max_ulp(np.float32(rate), used, maxulp=1)
  events = next((tmp_path / 'run' / 'tensorboard').iterdir()).read_bytes()
  assert b'learning_rate' in events
  assert metric('learning_rate').label == 'learning rate'


def test_the_summary_is_true_of_the_last_checkpoint(whole, make_config):
  workdir, result = whole
  dataset = build(make_config()).dataset
  pixels = dataset.test.images.reshape(len(dataset.test.labels), -1) / 16
  arrays, meta = state_at(workdir, 30)
  params, masks = (
    {k.removeprefix(head): v for k, v in arrays.items() if k.startswith(head)}
    for head in ('params/', 'mask_state/masks/')
  )
  hidden = pixels @ params['Dense_0/kernel'] + params['Dense_0/bias']
  logits = np.maximum(hidden, 0) @ params['Dense_1/kernel']
  right = (logits + params['Dense_1/bias']).argmax(1) == dataset.test.labels
  assert result['test_accuracy'] == pytest.approx(right.mean())
  assert records_of(workdir)[-1]['eval_accuracy'] == pytest.approx(right.mean())
  assert result['active_weights'] == sum(mask.sum() for mask in masks.values())
  assert all(np.all(params[p][~m] == 0) for p, m in masks.items())
  assert result['total_weights'] == 64 * 16 + 16 * 10
  assert result['steps'] == 30
  assert meta['digest'] == result['config_digest']
  assert meta['config']['seed'] == 3
  assert meta['made_on']['jax'] == jax.__version__


def test_a_finished_run_is_told_and_not_touched(whole, make_config, caplog):
  workdir, result = whole
  caplog.set_level(logging.INFO, logger='jaxsparse')
  before = {p: p.stat().st_mtime_ns for p in workdir.rglob('*')}
  config = make_config(seed=3)
  config.checkpoint.keep_steps = (7,)
  assert train(config, workdir) == result
  assert caplog.messages == [f'{workdir} is finished; nothing to do']
  del before[workdir / '.lock']
  assert {p: p.stat().st_mtime_ns for p in before} == before


def test_runs_that_differ_in_numbers_compile_nothing(
  whole, make_config, tmp_path, caplog
):
  del whole  # It has compiled all there is.
  other = make_config(
    seed=11,
    updater__sparsity=0.5,
    updater__drop_fraction=0.1,
    updater__distribution='uniform',
    optimizer__learning_rate=0.01,
    optimizer__weight_decay=1e-4,
  )
  with jax.log_compiles(), caplog.at_level('WARNING', logger='jax'):
    train(other, tmp_path, plots=False)
    jax.jit(lambda x: 2 * x + 3)(1.0)  # to see that it would be seen
  compiled = re.findall(r'XLA compilation of (\S+) in', caplog.text)
  assert compiled == ['jit(<lambda>)']


def test_a_failed_run_keeps_its_last_good_checkpoint(make_config, tmp_path):
  config = make_config(poisoned, seed=7)
  for _ in range(2):  # The same command again comes to the same end.
    with pytest.raises(TrainingFailed) as failed:
      train(config, tmp_path, plots=False)
    assert str(failed.value) == (
      'the loss is not finite at step 13; the last good checkpoint is'
      ' that of step 10'
    )
    arrays, meta = state_at(tmp_path, 10)
    assert all(np.all(np.isfinite(array)) for array in arrays.values())
    assert meta['failed'] is None
  assert not (tmp_path / 'summary.json').exists()


def test_an_interrupted_run_goes_on_from_where_it_was(
  whole, make_config, tmp_path
):
  asked = iter([False] * 6 + [True])
  config = make_config(seed=3)
  with pytest.raises(Interrupted) as stopped:
    train(config, tmp_path, interrupted=lambda: next(asked), plots=False)
  step = stopped.value.step
  assert state_at(tmp_path, step)[0]['step'] == step
  train(config, tmp_path, plots=False)
  assert bits_at(tmp_path, 30) == bits_at(whole[0], 30)


def test_who_reports_shows_the_progress(make_config, tmp_path, caplog):
  seen = []
  with caplog.at_level(logging.INFO, logger='jaxsparse'):
    train(
      make_config(),
      tmp_path,
      plots=False,
      report=lambda done, records: seen.append((done, len(records))),
    )
  assert seen[0] == (0, 1)
  assert seen[-1] == (30, 1)
  assert caplog.messages == []
  assert not (tmp_path / 'plots').exists()


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
    train(make_config(method), tmp_path, plots=False)
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
    train(config, tmp_path, interrupted=lambda: stopped, plots=False)
  assert not (tmp_path / 'summary.json').exists()
