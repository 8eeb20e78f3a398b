import collections
import fcntl
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from jaxsparse import data

ROOT = pathlib.Path(__file__).parents[2]
LOAD = """
import sys
from jaxsparse.data import load
dataset = load('digits', data_dir=sys.argv[1])
print('tensorflow' in sys.modules, dataset.train.images.sum())
"""
# Stops with some examples written, where a kill finds it.
STALL = """
import os, sys, time
from jaxsparse.data.builders import digits
generate = digits.Digits._generate_examples
def stall(self, *args):
  for i, example in enumerate(generate(self, *args)):
    if i == 100:
      os.write(1, b'stalled\\n')
      time.sleep(60)
    yield example
digits.Digits._generate_examples = stall
from jaxsparse.data import load
load('digits', data_dir=sys.argv[1])
"""


def start(source, folder):
  return subprocess.Popen(
    [sys.executable, '-c', source, str(folder)],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )


def finish(process):
  out, err = process.communicate(timeout=120)
  assert process.returncode == 0, err
  return out, err


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('tfds')


@pytest.fixture(scope='module')
def digits(folder):
  return data.load('digits', data_dir=folder)


def images_and_labels(images, labels):
  return collections.Counter(
    (image.tobytes(), int(label))
    for image, label in zip(images.astype(np.uint8), labels, strict=True)
  )


def test_content_is_that_of_scikit_learn(digits):
  source = load_digits()
  both = [
    images_and_labels(split.images, split.labels)
    for split in (digits.train, digits.test)
  ]
  assert both[0] + both[1] == images_and_labels(source.images, source.target)


def test_shapes_and_scale(digits):
  assert digits.train.images.shape == (1442, 8, 8, 1)
  assert digits.test.images.shape == (355, 8, 8, 1)
  assert digits.train.images.dtype == np.uint8
  assert digits.train.labels.dtype == np.int32
  assert digits.validation is None
  assert (digits.name, digits.num_classes) == ('digits', 10)
  assert digits.train.images.max() * digits.scale == 1.0


def test_every_fifth_of_a_class_is_a_test_image(digits):
  source = load_digits()
  expected = collections.Counter()
  for label in range(10):
    members = source.images[source.target == label][4::5]
    expected += images_and_labels(members, [label] * len(members))
  assert images_and_labels(*digits.test) == expected


def test_a_second_read_is_the_same_to_the_order(digits, folder):
  again = data.load('digits', data_dir=folder)
  np.testing.assert_array_equal(again.train.images, digits.train.images)
  np.testing.assert_array_equal(again.train.labels, digits.train.labels)


def test_validation_is_the_end_of_train(digits, folder):
  cut = data.load('digits', data_dir=folder, validation=100)
  np.testing.assert_array_equal(cut.train.images, digits.train.images[:1342])
  np.testing.assert_array_equal(
    cut.validation.images, digits.train.images[1342:]
  )
  np.testing.assert_array_equal(
    cut.validation.labels, digits.train.labels[1342:]
  )
  np.testing.assert_array_equal(cut.test.images, digits.test.images)


@pytest.mark.slow
def test_two_processes_prepare_at_once(tmp_path):
  both = [start(LOAD, tmp_path) for _ in range(2)]
  outs = [finish(process) for process in both]
  assert outs[0] == outs[1]
  assert outs[0][0].startswith('False '), 'TensorFlow was imported'
  assert outs[0][1] == '', 'something was printed on stderr'
  assert len(outs[0][0].splitlines()) == 1, 'something was printed on stdout'
  assert not list(tmp_path.rglob('incomplete.*'))


def test_a_kill_during_preparation_leaves_nothing(tmp_path):
  killed = start(STALL, tmp_path)
  assert killed.stdout.readline() == 'stalled\n'
  lock = os.open(tmp_path / '.digits.lock', os.O_RDONLY)
  with pytest.raises(BlockingIOError):
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
  os.close(lock)
  killed.kill()
  killed.communicate(timeout=60)
  assert list(tmp_path.rglob('incomplete.*'))
  assert len(data.load('digits', data_dir=tmp_path).train.labels) == 1442
  assert not list(tmp_path.rglob('incomplete.*'))
