"""A user's own data, by `config.data.name`: a function, and a folder."""

import json
import re

import numpy as np
import pytest
from PIL import Image

OWN = """
import numpy as np

def rings(seed=0):
  rng = np.random.default_rng(seed)
  labels = np.tile(np.arange(3), 40)
  angle = rng.uniform(0, 7, 120)
  points = (1 + labels) * np.stack([np.cos(angle), np.sin(angle)])
  return {'train': (points.T[:90], labels[:90]),
          'test': (points.T[90:], labels[90:])}

def never():
  raise RuntimeError('was called')
"""
SHORT = {'num_steps': 20, 'eval.batch_size': 30}


@pytest.fixture(scope='module', autouse=True)
def module(tensorflow):
  """A module of the user's, on the path of programs."""
  (tensorflow.parent / 'own_data.py').write_text(OWN)


def test_a_function(launch, arguments, tmp_path):
  fields = SHORT | {'data.name': 'own_data.rings'}
  ended = launch(arguments(tmp_path / 'run', **fields))
  assert ended.code == 0, ended
  splits = json.loads((tmp_path / 'run/config.json').read_text())['data']
  assert splits['train'].startswith('90 examples, ')
  # Loaded again by its name.
  loaded = launch(['flops', f'--workdir={tmp_path}/run'], module='analyze')
  assert loaded.code == 0, loaded


def test_a_folder_of_images(launch, arguments, tmp_path):
  rng = np.random.default_rng(0)
  for split, size in (('train', 20), ('test', 8)):
    for label, name in enumerate(('dark', 'light')):
      (tmp_path / 'pets' / split / name).mkdir(parents=True)
      for i in range(size):
        image = (rng.integers(100, size=(8, 8)) + 100 * label).astype('u1')
        path = tmp_path / 'pets' / split / name / f'{i}.png'
        Image.fromarray(image).save(path)
  fields = SHORT | {'data.name': tmp_path / 'pets'}
  args = arguments(tmp_path / 'run', **fields)
  ended = launch(args)
  assert ended.code == 0, ended
  kept = json.loads((tmp_path / 'run/config.json').read_text())
  assert kept['config']['data']['name'] == str(tmp_path / 'pets')
  # Of other data the same name is another run.
  Image.fromarray(image ^ 1).save(path)
  ended = launch(args)
  assert ended.code == 2
  assert 'split test of the data: 16 examples' in ended.err


@pytest.mark.parametrize(
  ('fields', 'expected'),
  [
    ({'updater.name': 'rigll'}, "config.updater.name: .*Did you mean 'rigl'"),
    ({}, r"own_data.never' failed, .*own_data.py, line 13: RuntimeError"),
  ],
  ids=lambda v: ' '.join(v) if isinstance(v, dict) else '',
)
def test_what_needs_no_data_is_refused_first(
  launch, arguments, tmp_path, fields, expected
):
  fields = {'data.name': 'own_data.never'} | fields
  ended = launch(arguments(tmp_path / 'run', **fields))
  assert ended.code == 2, ended
  assert re.search(expected, ended.err), ended.err
  assert not (tmp_path / 'run').exists()
