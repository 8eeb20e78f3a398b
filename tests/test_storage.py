import pathlib

import pytest

from jaxsparse import storage


def test_home_is_expanded_and_other_stores_are_refused(monkeypatch):
  monkeypatch.setenv('HOME', '/somewhere')
  assert storage.absolute('~/run') == pathlib.Path('/somewhere/run')
  with pytest.raises(ValueError, match='accepted are local .* gs://BUCKET'):
    storage.absolute('s3://bucket/run')
  with pytest.raises(ValueError, match='gs:// is not a local directory'):
    storage.absolute('gs://')


def test_a_bucket_needs_its_client(monkeypatch):
  storage._check_client.cache_clear()
  monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
  with pytest.raises(ValueError, match=r"pip install 'jaxsparse\[gcs\]'"):
    storage.absolute('gs://bucket/run')
  monkeypatch.setattr('importlib.util.find_spec', lambda name: name)
  with pytest.raises(ValueError, match='set EPATH_USE_TF=false'):
    storage.absolute('gs://bucket/run')


def test_paths_in_a_bucket_are_normalised_and_keep_their_scheme():
  pytest.importorskip('gcsfs')
  root = storage.absolute('gs://bucket/study/../runs/')
  assert str(root / 'a') == 'gs://bucket/runs/a'
  assert str(storage.absolute(root)) == 'gs://bucket/runs'
  assert root.parent.name == 'bucket'


@pytest.mark.parametrize(
  ('path', 'start', 'relative'),
  [
    ('/a/runs', '/a/study', '../runs'),
    ('gs://b/runs', 'gs://b/study', '../runs'),
    ('gs://b/runs', '/a/study', 'gs://b/runs'),
    ('/a/runs', 'gs://b/study', '/a/runs'),
  ],
)
def test_a_relative_path_leads_back(path, start, relative):
  pytest.importorskip('gcsfs')
  path, start = storage.absolute(path), storage.absolute(start)
  assert storage.relative(path, start) == relative
  assert storage.joined(start, relative) == path


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
  path = tmp_path / 'summary.json'
  storage.write_atomic(path, 'old')

  def killed(self, target):
    raise KeyboardInterrupt

  monkeypatch.setattr('pathlib.Path.replace', killed)
  with pytest.raises(KeyboardInterrupt):
    storage.write_atomic(path, 'new')
  assert path.read_text() == 'old'
