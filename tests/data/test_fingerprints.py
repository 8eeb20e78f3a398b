"""A data set that has changed has another fingerprint; a copy has the same."""

import io
import re
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from jaxsparse import data


class Shades(tfds.core.GeneratorBasedBuilder):
  """Grey images, 4 x 4, whose shades and labels can be chosen."""

  VERSION = tfds.core.Version('1.0.0')
  shades = (0, 50, 100, 150)
  labels = (0, 1, 0, 1)
  contrast = 1

  def _info(self):
    features = {
      'image': tfds.features.Image(shape=(4, 4, 1), encoding_format='png'),
      'label': tfds.features.ClassLabel(num_classes=2),
    }
    return tfds.core.DatasetInfo(
      builder=self,
      features=tfds.features.FeaturesDict(features),
      supervised_keys=('image', 'label'),
    )

  def _split_generators(self, dl_manager):
    return {'train': self._generate(4), 'test': self._generate(2)}

  def _generate_examples(self):
    raise NotImplementedError

  def _generate(self, count):
    noise = np.random.default_rng(0).integers(0, 50, (4, 4, 4), np.uint8)
    for i in range(count):
      file = io.BytesIO()
      shades = noise[i] * self.contrast + self.shades[i]
      Image.fromarray(shades.astype(np.uint8)).save(file, 'PNG')
      file.seek(0)
      yield i, {'image': file, 'label': self.labels[i]}


def fingerprint(folder, source='auto'):
  return dict(data.load(Shades, data_dir=folder, source=source).fingerprint)


@pytest.fixture
def folder(tmp_path):
  fingerprint(tmp_path / 'first')
  return tmp_path / 'first'


@pytest.mark.parametrize('source', ['resident', 'stream'])
def test_copies_and_cuts_are_the_same_data(folder, tmp_path, source):
  expected = fingerprint(folder, source)
  assert expected.keys() == {'train', 'test'}
  shutil.copytree(folder, tmp_path / 'copy')
  assert fingerprint(tmp_path / 'copy', source) == expected
  assert fingerprint(tmp_path / 'anew', source) == expected
  cut = data.load(Shades, data_dir=folder, source=source, validation=1)
  assert cut.fingerprint == expected


@pytest.mark.parametrize(
  ('change', 'source'),
  [
    ({'shades': (0, 50, 100, 151)}, 'resident'),
    ({'labels': (0, 1, 0, 0)}, 'resident'),
    ({'shades': (0, 50, 150, 100)}, 'resident'),
    ({'contrast': 0}, 'stream'),
  ],
)
def test_other_examples_of_the_same_name(
  folder, tmp_path, monkeypatch, change, source
):
  before = fingerprint(folder, source)
  for field, value in change.items():
    monkeypatch.setattr(Shades, field, value)
  after = fingerprint(tmp_path / 'second', source)
  assert after['train'] != before['train']
  # Its two examples are the first two, which only `contrast` changes.
  assert (after['test'] == before['test']) == ('contrast' not in change)


def test_a_streamed_file_that_is_missing_is_named(folder):
  (file,) = folder.rglob('*-train.array_record*')
  file.unlink()
  with pytest.raises(data.DataError, match="cannot read split 'train'"):
    fingerprint(folder, 'stream')


def text(folder, **splits):
  (folder / 'mine').mkdir(parents=True)
  for split, characters in splits.items():
    (folder / 'mine' / f'{split}.txt').write_text(characters)
  loaded = data.load('mine', data_dir=folder, sequence_length=4)
  return dict(loaded.fingerprint)


TEXT = {'train': 'some words', 'validation': 'a few', 'test': 'others'}


@pytest.mark.parametrize('split', list(TEXT))
def test_one_character_of_a_text(tmp_path, split):
  before = text(tmp_path / 'a', **TEXT)
  changed = TEXT | {split: TEXT[split][:-1] + 'x'}
  after = text(tmp_path / 'b', **changed)
  assert {s for s in TEXT if before[s] != after[s]} == {split}
  assert text(tmp_path / 'c', **TEXT) == before


def test_it_says_how_much_there_is(tmp_path, folder):
  found = text(tmp_path / 'text', **TEXT)
  assert re.fullmatch(r'10 characters, [0-9a-f]{8}', found['train'])
  assert re.fullmatch(r'4 examples, [0-9a-f]{8}', fingerprint(folder)['train'])
  assert re.fullmatch(
    r'4 examples in 1 files, [0-9a-f]{8}',
    fingerprint(folder, 'stream')['train'],
  )


def test_of_what_is_not_read_nothing_is_known(folder):
  assert not data.describe(Shades, data_dir=folder).fingerprint
