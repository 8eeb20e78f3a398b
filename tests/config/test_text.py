"""Runs on text: bits, resumption, populations, and what is refused."""

import json
import math
import os
import pathlib

import jax
import numpy as np
import pytest

from jaxsparse.analyses.barrier import barrier
from jaxsparse.analyses.compression import compression
from jaxsparse.analyses.disagreement import disagreement
from jaxsparse.analyses.ensemble import ensemble
from jaxsparse.errors import Interrupted
from jaxsparse.runs import dry_run, finished, measures, reading
from jaxsparse.runs.build import build
from jaxsparse.runs.summary import table
from jaxsparse.runs.train import train, train_together

TEST_DATA = os.environ.get('JAXSPARSE_TEST_DATA')
WORDS = b'the cat sat on the mat and the dog ran to the man. '
CHANCE = 8.0  # log2 of 256


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  root = tmp_path_factory.mktemp('texts')
  (root / 'words').mkdir()
  for split, times in (('train', 60), ('validation', 3), ('test', 4)):
    (root / 'words' / f'{split}.txt').write_bytes(WORDS * times)
  return root


@pytest.fixture(scope='module')
def make(make_config, folder):
  def make(updater='rigl', **fields):
    usual = {
      'data__name': 'words',
      'data__dir': str(folder),
      'data__sequence_length': 16,
      'model__embed_dim': 8,
      'model__units': 8,
      'model__readout': 8,
      'optimizer__learning_rate': 0.03,
      'optimizer__clip_norm': 10.0,
      'eval__batch_size': 4,
      'gradient_flow__probe_size': 10,
    }
    return make_config(
      updater, model='gru_lm', optimizer='adam', **(usual | fields)
    )

  return make


@pytest.fixture(scope='module')
def whole(make, tmp_path_factory):
  """The workdir and the summary of a run."""
  workdir = tmp_path_factory.mktemp('runs') / 'whole'
  return workdir, train(make(), workdir, plots=False)


@pytest.fixture(scope='module')
def other(make, tmp_path_factory):
  """The workdir of the same run with another seed."""
  workdir = tmp_path_factory.mktemp('runs') / 'other'
  train(make(seed=1), workdir, plots=False)
  return workdir


def weights(workdir):
  state = finished.state(finished.load(workdir))
  return [np.asarray(x) for x in jax.tree.leaves(state.params)]


def chances(workdir, step=None):
  """What a net thinks of each character that it is to tell, [203, 256]."""
  run = finished.load(workdir)
  found = finished.solution(run, step)
  text = np.frombuffer(WORDS * 4, np.uint8)
  # 203 characters to tell: 12 sequences of 16, and 11 in one that ends last.
  assert len(text) == 204
  begins = np.array([*range(0, 192, 16), 187])
  at = begins[:, None] + np.arange(16)
  logits = jax.jit(run.experiment.task.logits)(
    found.params, found.model_state, text[at].astype(np.int32)
  )
  each = np.asarray(jax.nn.softmax(logits), np.float64)
  return np.concatenate([each[:12].reshape(-1, 256), each[12, 5:]])


TOLD = np.frombuffer(WORDS * 4, np.uint8)[1:]


def test_a_run_is_scored_in_bits_of_every_character(whole):
  workdir, made = whole
  bits = -np.log2(chances(workdir)[np.arange(203), TOLD])
  np.testing.assert_allclose(made['test_bits'], np.mean(bits), rtol=1e-5)
  assert made['test_bits'] < 5 < CHANCE
  assert 'test bits' in table(made)
  lines = (workdir / 'metrics.jsonl').read_text().splitlines()
  (last,) = (r for r in map(json.loads, lines) if r['step'] == 30)
  assert last['eval_bits'] == made['validation_bits']
  assert last['eval_bits'] == last['eval_loss'] / math.log(2)
  assert last['gradient_norm'] > 0


def test_a_run_that_was_stopped_ends_the_same(make, whole, tmp_path):
  asked = iter([False, True])
  with pytest.raises(Interrupted):
    train(
      make(),
      tmp_path / 'run',
      plots=False,
      interrupted=lambda: next(asked, True),
    )
  train(make(), tmp_path / 'run', plots=False)
  pairs = zip(weights(whole[0]), weights(tmp_path / 'run'), strict=True)
  for one, other in pairs:
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize('step', [0, None])
def test_an_ensemble_tells_character_by_character(whole, other, step):
  pool = [whole[0], other]
  nets = [chances(workdir, step) for workdir in pool]
  numbers = ensemble([pool], step=step).numbers
  each = [np.mean(net.argmax(1) == TOLD) for net in nets]
  both = np.mean(np.mean(nets, 0).argmax(1) == TOLD)
  apart = np.mean(nets[0].argmax(1) != nets[1].argmax(1))
  assert numbers['ensemble_accuracy']['mean'] == pytest.approx(both)
  assert numbers['ensemble_gain']['mean'] == pytest.approx(both - np.mean(each))
  assert numbers['pairwise_disagreement']['mean'] == pytest.approx(apart)
  assert (both if step is None else apart) > 0.1


def test_nets_disagree_character_by_character(whole):
  workdir, _ = whole
  first, second = (chances(workdir, step=step) for step in (0, None))
  result = disagreement([workdir, workdir], step=0)
  found, table = result.numbers, result.table
  assert table['class'].tolist() == [repr(chr(c)) for c in np.unique(TOLD)]
  apart = np.mean(first.argmax(1) != second.argmax(1))
  assert found['disagreement'] == pytest.approx(apart)
  jeffreys = np.sum((first - second) * np.log(first / second), 1).mean()
  assert found['symmetric_kl'] == pytest.approx(jeffreys / 2, rel=1e-4)


@pytest.mark.parametrize('length', [5, 16])
def test_sequences_of_any_length_tell_the_same_characters(make, length):
  experiment = build(make(data__sequence_length=length))
  run = finished.Finished(pathlib.Path('run'), experiment)
  np.testing.assert_array_equal(measures.labels_on_test(run), TOLD)


def test_a_model_of_text_is_not_compressed(whole):
  with pytest.raises(ValueError, match='is of text; accepted is an MLP on im'):
    compression([whole[0]])


@pytest.mark.slow
def test_paths_between_models_of_text_have_their_losses(whole):
  options = {'points': 3, 'examples': 8, 'steps': 2, 'batch_size': 4}
  numbers = barrier([whole[0], whole[0]], **options).numbers
  assert numbers['climb_linear'] == 0
  assert np.isfinite(list(numbers.values())).all()


@pytest.mark.slow
def test_together_is_as_one_by_one(make, whole, tmp_path):
  members = [(build(make(seed=i)), tmp_path / str(i)) for i in range(2)]
  made, _ = train_together(members)
  executors = [found['execution']['how'] for found in (whole[1], made)]
  assert executors == ['one_by_one', 'vmap']
  np.testing.assert_allclose(
    made['test_bits'], whole[1]['test_bits'], rtol=1e-2
  )
  assert made['active_weights'] == whole[1]['active_weights']


@pytest.mark.slow
def test_a_dry_run_takes_steps_without_the_text(make, tmp_path):
  config = make(data__name='wikitext103', data__dir=str(tmp_path))
  experiment = build(config, reading.describe)
  losses = dry_run.take(experiment)
  np.testing.assert_allclose(losses, CHANCE * math.log(2), rtol=0.1)


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'data__sequence_length': 0}, r'config\.data: sequence_length is 0'),
    (
      {'data__augment': ('flip',)},
      r"config\.data: got augment.*'words' is text",
    ),
    ({'data__mean': (0.5,)}, r"config\.data: got mean.*'words' is text"),
    ({'batch_size': 192}, r'config\.batch_size.*191 examples'),
    ({'optimizer__clip_norm': -1.0}, r'config\.optimizer\.clip_norm'),
  ],
)
def test_what_text_refuses(make, fields, message):
  with pytest.raises(ValueError, match=message):
    build(make(**fields))


def test_a_model_that_does_not_tell_characters_is_refused(make, make_config):
  config = make_config(
    data__name='words', data__dir=make().data.dir, data__sequence_length=16
  )
  with pytest.raises(ValueError, match=r'config\.model\.name: mlp'):
    build(config)


@pytest.mark.slow
@pytest.mark.skipif(not TEST_DATA, reason='JAXSPARSE_TEST_DATA is not set')
def test_tiny_shakespeare_is_learned(make, tmp_path):
  config = make(
    'static',
    num_steps=60,
    data__name='tiny_shakespeare',
    data__dir=TEST_DATA,
    model__units=16,
    eval__batch_size=1000,
    eval__interval=60,
    gradient_flow__interval=0,
  )
  made = train(config, tmp_path / 'run', plots=False)
  # Telling the shares of characters alone, without what is before, takes 4.8.
  assert made['test_bits'] < 5.5 < CHANCE
