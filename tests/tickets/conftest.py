"""Tickets of a small net on digits, 64-16-10, made once a session."""

import os
import shutil

import pytest

from jaxsparse.runs.train import train


@pytest.fixture(scope='session')
def lottery(make_config, tmp_path_factory):
  """A folder with the runs dense, pruned, ticket and rewound.

  The tickets have the masks of `pruned`, which keeps a fifth of the weights:
  `ticket` the weights of step 0 of `dense`, `rewound` those of its step 4.
  """
  root = tmp_path_factory.mktemp('lottery')
  dense = {'updater__sparsity': 0.0, 'checkpoint__keep_steps': (4,)}
  configs = {
    'dense': make_config('static', seed=3, **dense),
    'pruned': make_config('gmp', seed=3),
    'ticket': make_config('static', seed=3),
    'rewound': make_config('static', seed=3),
  }
  for name, step in (('ticket', 0), ('rewound', 4)):
    configs[name].init.update(
      checkpoint='run:dense', checkpoint_step=step, masks='run:pruned'
    )
  for name, config in configs.items():
    train(config, root / name, plots=False)
  return root


@pytest.fixture
def copied(lottery, tmp_path):
  """A copy of the folder, to be damaged."""
  return shutil.copytree(lottery, tmp_path / 'copied')


@pytest.fixture(scope='session')
def torch_python():
  """A Python with torch and NumPy, which JAXSPARSE_TORCH_PYTHON names."""
  python = os.environ.get('JAXSPARSE_TORCH_PYTHON')
  if not python:
    pytest.skip('JAXSPARSE_TORCH_PYTHON names no Python with torch')
  return python
