"""Finished runs are taken up again as they were."""

import json
import shutil

import jax
import numpy as np
import pytest

from jaxsparse.runs import finished, measures
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import CheckpointError, load_params


@pytest.fixture(scope='module')
def config(make_config):
  return make_config('rigl', checkpoint__keep_steps=(5,), eval__batch_size=100)


@pytest.fixture(scope='module')
def root(config, tmp_path_factory):
  root = tmp_path_factory.mktemp('finished') / 'run'
  train(config, root, plots=False)
  return root


def test_a_run_is_built_as_it_was(config, root):
  run = finished.load(root)
  assert run.experiment.config == build(config).config
  assert run.steps == (0, 5, 20, 30)
  assert run.last_step == 30


def test_runs_share_the_functions_that_programs_are_cached_by(config, root):
  one, other = finished.load(root), finished.load(root)
  assert one.experiment.task is other.experiment.task
  assert measures.loss_and_error(one) is measures.loss_and_error(other)
  assert measures.batch_loss(one) is measures.batch_loss(other)


@pytest.mark.parametrize(('step', 'folder'), [(None, '30'), (5, '5'), (0, '0')])
def test_every_kept_step_is_read(root, step, folder):
  run = finished.load(root)
  params, masks = load_params(root / 'checkpoints' / folder)
  found = finished.solution(run, step)
  for got, expected in ((found.params, params), (found.masks, masks)):
    jax.tree.map(np.testing.assert_array_equal, got, expected)
  assert int(finished.state(run, step).step) == int(folder)


def test_its_predictions_give_the_accuracy_of_its_summary(root):
  expected = json.loads((root / 'summary.json').read_text())['test_accuracy']
  (run,) = finished.load_each([root])
  logits = measures.logits_on_test(run, finished.solution(run))
  right = logits.argmax(1) == run.experiment.dataset.test.labels
  assert right.mean() == pytest.approx(expected, abs=1e-7)


def test_a_run_of_earlier_versions_is_loaded(root, tmp_path):
  old = shutil.copytree(root, tmp_path / 'old')
  content = json.loads((old / 'config.json').read_text())
  content['config']['replicates'] = 1
  (old / 'config.json').write_text(json.dumps(content))
  assert finished.load(old).experiment.config == (
    finished.load(root).experiment.config
  )


def test_loss_and_error_are_those_of_plain_numpy(root):
  run = finished.load(root)
  net = finished.solution(run)
  (batch, *_) = measures.train_batches(run, 30)
  assert len(batch.labels) == 30
  images = run.experiment.dataset.train.images[:30].reshape(30, -1) / 16
  params = jax.device_get(net.params)
  hidden = images @ params['Dense_0']['kernel'] + params['Dense_0']['bias']
  logits = np.maximum(hidden, 0) @ params['Dense_1']['kernel']
  logits = np.float64(logits + params['Dense_1']['bias'])
  labels = run.experiment.dataset.train.labels[:30]
  chosen = np.exp(logits)[np.arange(30), labels] / np.exp(logits).sum(1)
  found = measures.loss_and_error(run)(net.params, net.model_state, batch)
  np.testing.assert_allclose(found['loss'], -np.log(chosen).mean(), rtol=1e-5)
  assert float(found['error']) == pytest.approx(
    (logits.argmax(1) != labels).mean()
  )
  loss = measures.batch_loss(run)(net.params, (batch, net.model_state))
  assert float(loss) == float(found['loss'])


def test_training_data_come_whole_or_in_part(root):
  run = finished.load(root)
  labels = run.experiment.dataset.train.labels
  for asked, expected in ((None, labels), (130, labels[:130])):
    batches = measures.train_batches(run, asked)
    assert max(len(b.labels) for b in batches) == 100
    found = np.concatenate([b.labels for b in batches])
    np.testing.assert_array_equal(found, expected)
  with pytest.raises(ValueError, match='examples is 0; accepted is >= 1'):
    measures.train_batches(run, 0)


def test_a_step_that_is_not_kept_is_refused_with_those_that_are(root):
  with pytest.raises(CheckpointError, match='7; kept are 0, 5, 20, 30'):
    finished.solution(finished.load(root), 7)


class TestRefused:
  @pytest.fixture
  def copy(self, root, tmp_path):
    return shutil.copytree(root, tmp_path / 'copy')

  def test_what_is_no_run(self, tmp_path):
    with pytest.raises(ValueError, match='is no run; accepted is the workdir'):
      finished.load(tmp_path)

  def test_a_run_under_way(self, copy):
    (copy / 'summary.json').unlink()
    with pytest.raises(ValueError, match='copy is not finished'):
      finished.load(copy)

  def test_a_run_that_cannot_be_built_again(self, copy):
    content = json.loads((copy / 'config.json').read_text())
    content['config']['updater']['name'] = 'rigll'
    (copy / 'config.json').write_text(json.dumps(content))
    with pytest.raises(ValueError, match="rigll.*Did you mean 'rigl'"):
      finished.load(copy)

  def test_another_number_of_runs(self, root):
    with pytest.raises(ValueError, match='got 1 run; accepted is 2 runs'):
      finished.load_each([root], count=2)
    with pytest.raises(ValueError, match='got no runs'):
      finished.load_each([])
