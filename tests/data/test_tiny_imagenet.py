"""Tiny-ImageNet from a small folder of the layout that is distributed."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from jaxsparse import data

CLASSES = ('n03', 'n01', 'n02')  # As in wnids.txt: in no order.


def _save(path, colour):
  """Writes an image of one colour, which JPEG keeps to rounding."""
  path.parent.mkdir(parents=True, exist_ok=True)
  Image.new('L' if np.ndim(colour) == 0 else 'RGB', (64, 64), colour).save(path)


@pytest.fixture
def folder(tmp_path):
  root = tmp_path / 'tiny-imagenet-200'
  for i, name in enumerate(CLASSES):
    for j in range(3):
      path = root / 'train' / name / 'images' / f'{name}_{j}.JPEG'
      _save(path, (80 * i, 100 * j, 30))
    (root / 'train' / name / f'{name}_boxes.txt').write_text('not an image')
  _save(root / 'val/images/val_0.JPEG', (250, 10, 10))
  _save(root / 'val/images/val_1.JPEG', 120)
  _save(root / 'test/images/test_0.JPEG', 7)
  (root / 'wnids.txt').write_text('\n'.join(CLASSES) + '\n')
  (root / 'val/val_annotations.txt').write_text(
    'val_0.JPEG\tn03\t0\t32\t44\t62\nval_1.JPEG\tn01\t52\t55\t57\t59\n'
  )
  return root


def _colours(split):
  """The mean colour of each image, in steps of ten, with its label."""
  means = np.mean(split.images, axis=(1, 2))
  return {
    (*(10 * np.round(mean / 10).astype(int)).tolist(), int(label))
    for mean, label in zip(means, split.labels, strict=True)
  }


def test_images_and_labels_are_those_of_the_folder(folder, tmp_path):
  dataset = data.load('tiny_imagenet', data_dir=tmp_path)
  assert dataset.train.images.shape == (9, 64, 64, 3)
  assert (dataset.num_classes, dataset.scale) == (200, 1 / 255)
  label_of = {'n01': 0, 'n02': 1, 'n03': 2}
  assert _colours(dataset.train) == {
    (80 * i, 100 * j, 30, label_of[name])
    for i, name in enumerate(CLASSES)
    for j in range(3)
  }
  assert dataset.validation is None
  # A grey image has three equal channels.
  assert _colours(dataset.test) == {(250, 10, 10, 2), (120, 120, 120, 0)}


def test_what_is_prepared_needs_the_folder_no_more(folder, tmp_path):
  first = data.load('tiny_imagenet', data_dir=tmp_path)
  folder.rename(tmp_path / 'elsewhere')
  again = data.load('tiny_imagenet', data_dir=tmp_path, validation=3)
  assert len(again.train.labels) == 6
  np.testing.assert_array_equal(again.train.images, first.train.images[:6])


def test_preparing_imports_no_tensorflow(folder, tmp_path):
  code = (
    'import sys; from jaxsparse.data import load;'
    f' load("tiny_imagenet", data_dir={str(tmp_path)!r});'
    ' print("tensorflow" in sys.modules)'
  )
  ran = subprocess.run(
    [sys.executable, '-c', code], capture_output=True, text=True, check=True
  )
  assert ran.stdout == 'False\n'


def test_to_describe_it_writes_nothing(tmp_path):
  described = data.describe('tiny_imagenet', data_dir=tmp_path / 'nowhere')
  assert not described.prepared
  assert not any(tmp_path.iterdir())


def _remove_images(folder):
  for path in (folder / 'train/n02/images').iterdir():
    path.unlink()


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (lambda f: f.rename(f.parent / 'tiny'), 'there is no .*tiny-imagenet-200'),
    (_remove_images, 'train/n02/images has no images'),
    (lambda f: (f / 'wnids.txt').unlink(), 'wnids.txt'),
    (lambda f: (f / 'val/images/val_1.JPEG').unlink(), 'val_1.JPEG'),
  ],
  ids=['folder', 'class', 'classes', 'image'],
)
def test_what_is_missing_is_named(folder, tmp_path, change, message):
  change(folder)
  with pytest.raises(data.DataError, match=message):
    data.load('tiny_imagenet', data_dir=tmp_path)
  assert not list(tmp_path.glob('tiny_imagenet/*.*.*'))
