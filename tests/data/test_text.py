"""Text as sequences: nothing lost, nothing counted twice."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse import data
from jaxsparse.data import order, text

TEST_DATA = os.environ.get('JAXSPARSE_TEST_DATA')
needs_test_data = pytest.mark.skipif(
  not TEST_DATA, reason='JAXSPARSE_TEST_DATA names no TFDS folder'
)


def characters(size):
  return np.random.default_rng(size).integers(0, 256, size).astype(np.uint8)


def written(folder, **sizes):
  """A text in files of our own, `train=100`; and its characters."""
  folder.mkdir()
  texts = {split: characters(size) for split, size in sizes.items()}
  for split, whole in texts.items():
    (folder / f'{split}.txt').write_bytes(whole.tobytes())
  return texts


def shapes(dataset):
  """The shapes of the three splits, of characters and labels alike."""
  splits = dataset.train, dataset.validation, dataset.test
  for split in splits:
    assert split.images.shape == split.labels.shape
  return [split.labels.shape for split in splits]


@given(st.integers(2, 80), st.data())
def test_every_character_but_the_first_counts_once(size, draw):
  length = draw.draw(st.integers(1, size - 1))
  whole = characters(size)
  inputs, following = text.cut(whole, length, whole=True)
  assert inputs.shape == following.shape
  assert len(inputs) == text.sequences(size, length, whole=True)
  counts = following >= 0
  assert counts.sum() == size - 1
  np.testing.assert_array_equal(following[counts], whole[1:])
  # Each sequence tells what follows its own characters.
  for one, after in zip(inputs, following, strict=True):
    joined = bytes(one) + bytes(after[-1:].astype(np.uint8))
    assert joined in bytes(whole)
    known = after[:-1] >= 0
    np.testing.assert_array_equal(after[:-1][known], one[1:][known])


@given(st.integers(2, 80), st.data())
def test_training_leaves_out_less_than_a_sequence(size, draw):
  length = draw.draw(st.integers(1, size - 1))
  whole = characters(size)
  inputs, following = text.cut(whole, length, whole=False)
  assert len(inputs) == text.sequences(size, length, whole=False)
  assert 0 <= size - 1 - inputs.size < length
  np.testing.assert_array_equal(inputs.ravel(), whole[: inputs.size])
  np.testing.assert_array_equal(following.ravel(), whole[1 : inputs.size + 1])


def test_a_case_by_hand():
  inputs, following = text.cut(np.frombuffer(b'abcdef', 'u1'), 3, whole=True)
  assert [bytes(row) for row in inputs] == [b'abc', b'cde']
  after = [[chr(c) if c >= 0 else '' for c in row] for row in following]
  assert after == [['b', 'c', 'd'], ['', 'e', 'f']]


def test_a_folder_of_files_is_a_text(tmp_path):
  texts = written(tmp_path / 'mine', train=100, validation=31, test=25)
  found = data.load('mine', data_dir=tmp_path, sequence_length=10)
  assert (found.name, found.num_classes, found.scale) == ('mine', 256, None)
  splits = found.train, found.validation, found.test
  assert [s.images.shape for s in splits] == [(9, 10), (3, 10), (3, 10)]
  assert found.train.images.dtype == np.uint8
  np.testing.assert_array_equal(found.train.images[0], texts['train'][:10])
  np.testing.assert_array_equal(found.test.labels[-1, -1], texts['test'][-1])
  described = data.describe('mine', data_dir=tmp_path, sequence_length=10)
  assert shapes(described) == [(9, 10), (3, 10), (3, 10)]


def test_without_a_test_split_validation_is_tested_on(tmp_path):
  written(tmp_path / 'mine', train=100, validation=21)
  found = data.load('mine', data_dir=tmp_path, sequence_length=10)
  assert found.validation is None
  assert len(found.test.images) == 2


def test_batches_of_an_epoch_are_all_sequences(tmp_path):
  written(tmp_path / 'mine', train=1000, test=50)
  found = data.load('mine', data_dir=tmp_path, sequence_length=11).train
  rows = order.batch_indices((3, 4), len(found.images), 9, 0, 10)
  assert sorted(rows.ravel()) == list(range(90))
  np.testing.assert_array_equal(
    np.sort(found.images[rows].ravel()), np.sort(found.images.ravel())
  )


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'sequence_length': 0}, r'sequence_length is 0.*accepted is >= 1'),
    ({'sequence_length': 30}, r"split 'test' of 'mine' has 30 characters"),
    ({'sequence_length': 5, 'validation': 0.1}, 'validation is 0.1'),
    ({'sequence_length': 5, 'source': 'stream'}, "source is 'stream'"),
    ({'sequence_length': 5, 'image_size': 8}, 'image_size is 8'),
  ],
)
def test_what_text_does_not_take(tmp_path, fields, message):
  written(tmp_path / 'mine', train=100, test=30)
  for way in (data.load, data.describe):
    with pytest.raises(data.DataError, match=message):
      way('mine', data_dir=tmp_path, **fields)


def test_images_take_no_sequence_length():
  with pytest.raises(data.DataError, match="'digits' is of images"):
    data.load('digits', sequence_length=8)
  with pytest.raises(data.DataError, match="'mnist' is of images"):
    data.describe('mnist', data_dir='/nowhere', sequence_length=8)


def test_a_text_that_is_not_whole(tmp_path):
  written(tmp_path / 'alone', train=100)
  with pytest.raises(data.DataError, match=r"splits \['train'\]"):
    data.load('alone', data_dir=tmp_path, sequence_length=5)
  written(tmp_path / 'empty', train=100, test=0)
  with pytest.raises(data.DataError, match='cannot read the text'):
    data.load('empty', data_dir=tmp_path, sequence_length=5)
  with pytest.raises(data.DataError, match=r'absent.* with a train\.txt'):
    data.load('absent', data_dir=tmp_path, sequence_length=5)


@pytest.mark.parametrize(
  ('name', 'sizes'),
  [
    ('tiny_shakespeare', (15_685, 872, 872)),
    ('wikitext103', (8_437_499, 17_188, 20_313)),
  ],
)
def test_what_is_known_without_the_text(tmp_path, name, sizes):
  described = data.describe(name, data_dir=tmp_path, sequence_length=64)
  assert shapes(described) == [(size, 64) for size in sizes]
  assert not described.prepared


@needs_test_data
def test_tiny_shakespeare():
  where = {'data_dir': TEST_DATA, 'sequence_length': 64}
  found = data.load('tiny_shakespeare', **where)
  assert bytes(found.train.images[0]).startswith(b'First Citizen:\nBefore')
  counted = [int((split.labels >= 0).sum()) for split in found[3:5]]
  assert counted == [55_769, 55_769]
  described = data.describe('tiny_shakespeare', **where)
  assert described._replace(prepared=False) == data.describe(
    'tiny_shakespeare', data_dir='/nowhere', sequence_length=64
  )
  assert described.prepared
