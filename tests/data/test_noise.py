import numpy as np
import pytest

from jaxsparse import data


@pytest.fixture(scope='module')
def noise(tmp_path_factory):
  return data.load('noise', data_dir=tmp_path_factory.mktemp('tfds'))


def test_shapes_and_scale(noise):
  assert noise.train.images.shape == (600, 28, 28, 3)
  assert noise.test.images.shape == (100, 28, 28, 3)
  assert noise.train.images.dtype == np.uint8
  assert (noise.name, noise.num_classes) == ('noise', 10)
  assert noise.scale == 1 / 255


def test_bytes_and_labels_are_uniform(noise):
  """1.4 million bytes; 60 of each label, give or take five deviations."""
  share = np.bincount(noise.train.images.ravel(), minlength=256)
  share = share / noise.train.images.size
  deviation = np.sqrt(1 / 256 / noise.train.images.size)
  assert np.abs(share - 1 / 256).max() < 5 * deviation
  labels = np.bincount(noise.train.labels, minlength=10)
  assert len(labels) == 10
  assert np.abs(labels - 60).max() < 5 * np.sqrt(60)


def test_no_two_images_and_no_two_pixels_are_alike(noise):
  images = np.concatenate([noise.train.images, noise.test.images])
  flat = np.float32(images.reshape(len(images), -1))
  flat = (flat - flat.mean(0)) / flat.std(0)
  alike = flat @ flat.T / flat.shape[1] - np.eye(len(images))
  assert np.abs(alike).max() < 0.15
  channels = flat.reshape(len(images), -1, 3)
  first, second = channels[..., 0].ravel(), channels[..., 1].ravel()
  assert abs(np.mean(first * second)) < 0.01


def test_it_is_the_same_wherever_it_is_prepared(noise, tmp_path):
  again = data.load('noise', data_dir=tmp_path)
  np.testing.assert_array_equal(again.train.images, noise.train.images)
  np.testing.assert_array_equal(again.test.labels, noise.test.labels)
