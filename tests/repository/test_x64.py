"""Parts of the suite with `jax_enable_x64`, in a process of their own.

What differs by design is tested in place: `tests/updaters/test_x64.py` and
`tests/runs/test_x64.py` compare with and without.
"""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PARTS = (
  *('core', 'updaters', 'optim', 'models', 'training'),
  'analyses',
  'runs/test_together.py',
  'runs/test_train.py',
  'launch/test_train.py',
)


def run(*tests):
  """Runs tests by their ids; fails with what pytest prints."""
  done = subprocess.run(
    [sys.executable, '-m', 'pytest', '-q', '-n', '0', '-p', 'no:cacheprovider']
    + [*tests],
    cwd=ROOT,
    env=os.environ | {'JAX_ENABLE_X64': '1', 'PYTHONPATH': str(ROOT)},
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]


@pytest.mark.slow
@pytest.mark.parametrize('part', PARTS)
def test_most_of_the_suite_passes(part):
  run(f'tests/{part}')
