"""What the first of several processes decides as a run is opened."""

import types

import jax
import numpy as np
from jax.experimental import multihost_utils

from jaxsparse.runs.open_run import opened


def test_it_alone_says_whether_a_run_is_finished(monkeypatch, tmp_path):
  # This is the second process, and does not see the files of the first yet.
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  monkeypatch.setattr(jax, 'process_index', lambda: 1)
  monkeypatch.setattr(multihost_utils, 'broadcast_one_to_all', lambda x: x)
  monkeypatch.setattr(
    multihost_utils, 'process_allgather', lambda x: np.stack([True, x])
  )
  experiment = types.SimpleNamespace(config=None)
  with opened(experiment, tmp_path / 'run', None) as run:
    assert run == {}
