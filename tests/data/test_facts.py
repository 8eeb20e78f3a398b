import os

import jax
import numpy as np
import pytest

from jaxsparse import data

TEST_DATA = os.environ.get('JAXSPARSE_TEST_DATA')
needs_test_data = pytest.mark.skipif(
  not TEST_DATA, reason='JAXSPARSE_TEST_DATA names no TFDS folder'
)


# Published sizes: Russakovsky et al. 2015, Krizhevsky 2009, LeCun et al. 1998.
@pytest.mark.parametrize(
  ('name', 'train', 'test', 'shape', 'classes'),
  [
    ('imagenet2012', 1_281_167, 50_000, (224, 224, 3), 1000),
    ('imagenet2012/5.1.0', 1_281_167, 50_000, (224, 224, 3), 1000),
    ('cifar10', 50_000, 10_000, (32, 32, 3), 10),
    ('cifar100:3.0.2', 50_000, 10_000, (32, 32, 3), 100),
    ('mnist', 60_000, 10_000, (28, 28, 1), 10),
  ],
)
def test_what_is_known_without_the_data(
  tmp_path, name, train, test, shape, classes
):
  facts = data.describe(name, data_dir=tmp_path)
  assert (facts.train, facts.validation, facts.test) == (train, 0, test)
  assert (facts.image_shape, facts.num_classes) == (shape, classes)
  assert not facts.prepared


def test_a_folder_that_does_not_exist_is_no_hindrance(tmp_path):
  facts = data.describe('imagenet2012', data_dir=tmp_path / 'nowhere')
  assert facts.train == 1_281_167


def test_the_validation_cut_counts(tmp_path):
  facts = data.describe('cifar10', data_dir=tmp_path, validation=0.1)
  assert (facts.train, facts.validation) == (45_000, 5_000)
  with pytest.raises(data.DataError, match=r'\[0, 50000\)'):
    data.describe('cifar10', data_dir=tmp_path, validation=50_000)


@pytest.mark.parametrize('name', ['imagenet2013', 'emnist/letters'])
def test_other_names_must_be_there(tmp_path, name):
  with pytest.raises(data.DataError, match='not known|not prepared'):
    data.describe(name, data_dir=tmp_path)


def test_facts_are_those_of_what_is_loaded(tmp_path):
  facts = data.describe('digits', data_dir=tmp_path, validation=97)
  loaded = data.load('digits', data_dir=tmp_path, validation=97)
  assert facts.prepared
  assert facts.name == loaded.name
  assert facts.num_classes == loaded.num_classes
  assert facts.scale == loaded.scale
  stand_in = data.abstract(facts)
  for split in ('train', 'validation', 'test'):
    theirs, ours = getattr(loaded, split), getattr(stand_in, split)
    assert [(x.shape, x.dtype) for x in ours] == [
      (x.shape, x.dtype) for x in theirs
    ]
    assert len(ours.labels) == len(theirs.labels)


@needs_test_data
def test_the_table_agrees_with_the_data(tmp_path):
  there = data.describe('mnist', data_dir=TEST_DATA)
  assert there.prepared
  table = data.describe('mnist', data_dir=tmp_path)
  assert there._replace(prepared=False) == table


def test_without_a_cut_there_is_no_validation_split(tmp_path):
  facts = data.describe('cifar10', data_dir=tmp_path)
  assert data.abstract(facts).validation is None


def test_fake_examples(tmp_path):
  facts = data.describe('cifar10', data_dir=tmp_path)
  images, labels = data.fake(facts, jax.random.key(1), 500)
  assert (images.shape, images.dtype) == ((500, 32, 32, 3), np.uint8)
  assert (labels.shape, labels.dtype) == ((500,), np.int32)
  assert {*np.asarray(labels).tolist()} == {*range(10)}
  assert np.unique(images).size == 256
  # The mean of 1.5 million uniform bytes; 127.5 +- 5 standard errors.
  assert abs(float(np.mean(images)) - 127.5) < 0.3
  again = data.fake(facts, jax.random.key(1), 500)
  np.testing.assert_array_equal(again.images, images)
  other = data.fake(facts, jax.random.key(2), 500)
  assert np.mean(np.asarray(other.images) == np.asarray(images)) < 0.01


def test_no_fake_example_is_refused(tmp_path):
  facts = data.describe('mnist', data_dir=tmp_path)
  with pytest.raises(ValueError, match='size is 0'):
    data.fake(facts, jax.random.key(0), 0)
