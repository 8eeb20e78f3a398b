"""Data that stay on disk give what resident data give."""

import jax
import numpy as np
import pytest

from jaxsparse.analyses.barrier import barrier
from jaxsparse.analyses.compression import compression
from jaxsparse.errors import Interrupted
from jaxsparse.runs import compiled, finished, inputs, measures
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.training import metrics
from jaxsparse.training.parts import Parts, each

STREAM = {'data__source': 'stream', 'data__workers': 0}


def weights(workdir):
  """Those at the end of a finished run, as bytes."""
  state = finished.state(finished.load(workdir))
  return [np.asarray(x).tobytes() for x in jax.tree.leaves(state.params)]


def test_batches_of_a_stream_are_those_of_resident_data(make_config):
  resident, streamed = (
    build(make_config(seed=3, **fields)) for fields in ({}, STREAM)
  )
  assert streamed.streamed
  assert not resident.streamed
  train = resident.dataset.train
  with inputs.training(streamed.dataset.train, [streamed]) as training:
    # Segments as a run has them, then one from elsewhere, as after a restart.
    for begin, end in [(0, 1), (1, 5), (5, 30), (12, 14)]:
      rows = resident.batches(begin, end)
      own = training.batches(0, begin, end)
      assert own.shape == rows.shape
      parts = list(each(training.data(0, begin, end)))
      assert len(parts) == end - begin
      for part, mine, theirs in zip(parts, own, rows, strict=True):
        np.testing.assert_array_equal(part.images[mine], train.images[theirs])
        np.testing.assert_array_equal(part.labels[mine], train.labels[theirs])


def test_runs_have_streams_of_their_own(make_config):
  runs = [build(make_config(seed=seed, **STREAM)) for seed in (3, 4)]
  data = runs[0].dataset.train
  with inputs.training(data, runs) as training:
    for i in (1, 0, 1):
      (part,) = each(training.data(i, 4, 5))
      (rows,) = runs[i].batches(4, 5)
      np.testing.assert_array_equal(part.labels, data.labels[rows])


def test_resident_data_are_passed_as_they_are(make_config):
  runs = [build(make_config(seed=seed)) for seed in (3, 4)]
  data = inputs.put(runs[0].dataset.train)
  with inputs.training(data, runs) as training:
    assert training.data is data
    for i, run in enumerate(runs):
      rows = training.batches(i, 2, 7)
      np.testing.assert_array_equal(rows, run.batches(2, 7))


def test_examples_are_picked_from_either(make_config):
  rows = np.array([[3, 1], [7, 3]])
  found = []
  for fields in ({}, STREAM):
    data = inputs.put(build(make_config(**fields)).dataset.train)
    examples, places = inputs.picked(data, rows)
    found.append([np.asarray(x)[places] for x in examples])
    assert isinstance(examples.images, jax.Array)
  for ours, theirs in zip(*found, strict=True):
    np.testing.assert_array_equal(ours, theirs)


def test_an_evaluation_sees_each_example_once(make_config):
  resident, streamed = (
    build(make_config(**fields)).dataset.test for fields in ({}, STREAM)
  )
  with inputs.scored(inputs.put(streamed), 150, 0) as (parts, (rows, weights)):
    assert isinstance(parts, Parts)
    seen = [
      np.asarray(part.images)[row][weight == 1]
      for part, row, weight in zip(each(parts), rows, weights, strict=True)
    ]
  np.testing.assert_array_equal(np.concatenate(seen), resident.images)


@pytest.fixture(scope='module')
def runs(tmp_path_factory, make_config):
  """Finished runs, resident and streamed, and one that was stopped."""
  root = tmp_path_factory.mktemp('inputs')
  fields = {'seed': 4, 'data__augment': ('flip',), 'data__validation': 0.1}
  train(make_config(**fields), root / 'resident', plots=False)
  config = make_config(**fields, **STREAM)
  train(config, root / 'streamed', plots=False)
  seen = []

  def stop():
    seen.append(len(seen))
    return len(seen) == 4

  with pytest.raises(Interrupted):
    train(config, root / 'cut', plots=False, interrupted=stop)
  train(config, root / 'cut', plots=False)
  return root


def test_a_streamed_run_that_was_stopped_ends_with_the_same_bits(runs):
  assert weights(runs / 'cut') == weights(runs / 'streamed')
  ends = [
    list(metrics.read(runs / name / 'metrics.jsonl'))
    for name in ('cut', 'streamed')
  ]
  assert ends[0] == ends[1]


def test_a_streamed_run_measures_what_a_resident_one_does(runs):
  """Dispatched otherwise, they may differ in their last bits."""
  ours, theirs = (
    list(metrics.read(runs / name / 'metrics.jsonl'))
    for name in ('streamed', 'resident')
  )
  assert [r.keys() for r in ours] == [r.keys() for r in theirs]
  for name in ('loss', 'eval_loss', 'probe_loss', 'gradient_norm'):
    mine = [r[name] for r in ours if name in r]
    assert len(mine) >= 2
    np.testing.assert_allclose(
      mine, [r[name] for r in theirs if name in r], rtol=1e-4
    )


def test_analyses_read_the_first_of_a_stream(runs):
  ends = [runs / 'streamed', runs / 'resident']
  ours, theirs = (
    measures.train_batches(finished.load(end), 150) for end in ends
  )
  assert [len(batch.labels) for batch in ours] == [100, 50]
  jax.tree.map(np.testing.assert_array_equal, ours, theirs)
  for refused in (None, 0):
    with pytest.raises(ValueError, match=f'examples is {refused}.*accepted'):
      barrier(ends, points=3, examples=refused)


@pytest.mark.slow
def test_paths_are_measured_on_the_first_of_a_stream(runs):
  ends = [runs / 'streamed', runs / 'resident']
  options = {'points': 3, 'examples': 50, 'steps': 2, 'batch_size': 8}
  there, back = (barrier(pair, **options).table for pair in (ends, ends[::-1]))
  assert (there['path'][:3] == 'linear').all()
  np.testing.assert_allclose(
    there['loss'][:3], back['loss'][:3][::-1], rtol=1e-4
  )
  assert np.isfinite(there['loss']).all()


def test_what_is_left_of_a_compressed_net_is_held_against_it_on_a_stream(runs):
  found = compression([runs / 'streamed'])
  assert 0 < found.numbers['compression_error'] < 1e-4
  assert np.sum(found.table['connections']) > 0


def test_streamed_runs_are_trained_one_by_one(make_config):
  experiment = build(make_config(**STREAM))
  assert compiled.choose(experiment, 'auto') == 'one_by_one'
  with pytest.raises(ValueError, match='parallel: got vmap.*streamed'):
    compiled.choose(experiment, 'vmap')


@pytest.mark.parametrize(
  ('fields', 'expected'),
  [
    ({'source': 'disk'}, 'source: got .disk.; accepted is auto, resident'),
    ({'workers': -1}, 'workers: got -1'),
    ({'image_size': -1}, 'image_size: got -1'),
    ({'source': 'resident', 'image_size': 6}, 'wanted as .*source stream'),
  ],
)
def test_refusals(make_config, fields, expected):
  given = {f'data__{name}': value for name, value in fields.items()}
  with pytest.raises(ValueError, match=rf'config\.data.*{expected}'):
    build(make_config(**given))
