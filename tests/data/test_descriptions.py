import os

import numpy as np
import pytest

from jaxsparse import data

TEST_DATA = os.environ.get('JAXSPARSE_TEST_DATA')
needs_test_data = pytest.mark.skipif(
  not TEST_DATA, reason='JAXSPARSE_TEST_DATA names no TFDS folder'
)


# Published sizes: Russakovsky et al. 2015, Le and Yang 2015, Krizhevsky 2009,
# LeCun et al. 1998, Xiao et al. 2017.
@pytest.mark.parametrize(
  ('name', 'train', 'test', 'shape', 'classes'),
  [
    ('imagenet2012', 1_281_167, 50_000, (224, 224, 3), 1000),
    ('imagenet2012/5.1.0', 1_281_167, 50_000, (224, 224, 3), 1000),
    ('cifar10', 50_000, 10_000, (32, 32, 3), 10),
    ('cifar100:3.0.2', 50_000, 10_000, (32, 32, 3), 100),
    ('mnist', 60_000, 10_000, (28, 28, 1), 10),
    ('fashion_mnist', 60_000, 10_000, (28, 28, 1), 10),
    ('tiny_imagenet', 100_000, 10_000, (64, 64, 3), 200),
  ],
)
def test_what_is_known_without_the_data(
  tmp_path, name, train, test, shape, classes
):
  described = data.describe(name, data_dir=tmp_path)
  assert described.train.images.shape == (train, *shape)
  assert described.test.images.shape == (test, *shape)
  assert described.validation is None
  assert (described.num_classes, described.prepared) == (classes, False)


def test_a_folder_that_does_not_exist_is_no_hindrance(tmp_path):
  described = data.describe('imagenet2012', data_dir=tmp_path / 'nowhere')
  assert len(described.train.labels) == 1_281_167


def test_the_validation_cut_counts(tmp_path):
  described = data.describe('cifar10', data_dir=tmp_path, validation=0.1)
  assert len(described.train.labels) == 45_000
  assert len(described.validation.labels) == 5_000
  with pytest.raises(data.DataError, match=r'\[0, 50000\)'):
    data.describe('cifar10', data_dir=tmp_path, validation=50_000)


@pytest.mark.parametrize('name', ['imagenet2013', 'emnist/letters'])
def test_other_names_must_be_there(tmp_path, name):
  with pytest.raises(data.DataError, match='not known|not prepared'):
    data.describe(name, data_dir=tmp_path)


def test_a_description_is_that_of_what_is_loaded(tmp_path):
  described = data.describe('digits', data_dir=tmp_path, validation=97)
  loaded = data.load('digits', data_dir=tmp_path, validation=97)
  assert described.prepared
  assert_alike(described, loaded)


def assert_alike(described, loaded):
  """Asserts that shapes and all else but the examples are the same."""
  assert described.name == loaded.name
  assert described.num_classes == loaded.num_classes
  assert described.scale == loaded.scale
  for split in ('train', 'validation', 'test'):
    theirs, ours = getattr(loaded, split), getattr(described, split)
    assert [(x.shape, x.dtype) for x in ours] == [
      (x.shape, x.dtype) for x in theirs
    ]
    assert len(ours.labels) == len(theirs.labels)


def test_a_text_is_described_as_it_is_loaded(tmp_path):
  (tmp_path / 'words').mkdir()
  for split, size in (('train', 100), ('validation', 50), ('test', 30)):
    (tmp_path / 'words' / f'{split}.txt').write_bytes(b'a' * size)
  arguments = {'data_dir': tmp_path, 'sequence_length': 8}
  described = data.describe('words', **arguments)
  assert_alike(described, data.load('words', **arguments))
  examples = data.noise(described, 3)
  assert examples.train.images.shape == examples.train.labels.shape == (3, 8)


@needs_test_data
def test_the_table_agrees_with_the_data(tmp_path):
  there = data.describe('mnist', data_dir=TEST_DATA)
  assert there.prepared
  table = data.describe('mnist', data_dir=tmp_path)
  assert there._replace(prepared=False) == table


def test_noise_has_the_shapes_and_classes_of_a_data_set(tmp_path):
  described = data.describe('cifar10', data_dir=tmp_path, validation=0.1)
  made = data.noise(described, 500)
  for split in (made.train, made.validation, made.test):
    assert (split.images.shape, split.images.dtype) == (
      (500, 32, 32, 3),
      np.uint8,
    )
    assert (split.labels.shape, split.labels.dtype) == ((500,), np.int32)
    assert set(split.labels.tolist()) == set(range(10))
  images = made.train.images
  assert np.unique(images).size == 256
  # The mean of 1.5 million uniform bytes; 127.5 +- 5 standard errors.
  assert abs(float(np.mean(images)) - 127.5) < 0.3
  again = data.noise(described, 500)
  np.testing.assert_array_equal(again.train.images, images)
  other = data.noise(described, 500, seed=1)
  for split in (other.train, made.test):
    assert np.mean(split.images == images) < 0.01


def test_noise_takes_the_place_of_examples_too(tmp_path):
  loaded = data.load('digits', data_dir=tmp_path)
  made = data.noise(loaded, 4)
  assert made.validation is None
  assert made.scale == loaded.scale
  assert not made.fingerprint


def test_no_example_is_refused(tmp_path):
  described = data.describe('mnist', data_dir=tmp_path)
  with pytest.raises(ValueError, match='size is 0'):
    data.noise(described, 0)
