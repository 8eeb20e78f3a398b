"""A study that cannot write: one line, exit 1, and the same command goes on.

A limit on the size of files stands for a full disk: the same calls fail, and
it needs no disk of its own.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
STUDY = """
from jaxsparse.studies.spec import Run, Study

TINY = {
  'model.features': (16,),
  'batch_size': 16,
  'num_steps': 30,
  'eval.interval': 15,
  'eval.batch_size': 100,
}


def get_config():
  return Study('Full', (Run('dense', 'digits/mlp:dense', TINY, seeds=2),))
"""


def limited(args, size):
  """`launch.study` with files of `size` KiB at most."""
  # A shell sets the limit: between a fork and the program no Python may run,
  # as JAX has threads here.
  command = shlex.join([sys.executable, '-m', 'launch.study', *args])
  return subprocess.run(
    ['bash', '-c', f'ulimit -f {size}; exec {command}'],
    cwd=ROOT,
    env=os.environ,
    capture_output=True,
    text=True,
    timeout=200,
    check=False,
  )


@pytest.mark.parametrize(
  ('size', 'said'),
  [
    pytest.param(
      *(1, 'cannot be written: File too large'), marks=pytest.mark.slow
    ),
    (4, 'step 0 was not saved'),
    pytest.param(
      *(30, 'report cannot be written: File too large'), marks=pytest.mark.slow
    ),
  ],
  ids=['config', 'checkpoint', 'report'],
)
def test_it_ends_with_one_line_and_goes_on(launch, tmp_path, size, said):
  path = tmp_path / 'full.py'
  path.write_text(STUDY)
  args = [f'--config={path}', f'--workdir={tmp_path / "study"}']
  ended = limited(args, size)
  assert ended.returncode == 1, ended
  # Threads of Orbax that are still ending may have more to say.
  assert re.search(f'^error: .*{said}', ended.stderr, re.M), ended.stderr
  assert not (tmp_path / 'study' / 'report' / 'report.html').exists()
  again = launch(args, module='study')
  assert again.code == 0, again
  assert (tmp_path / 'study' / 'report' / 'report.html').exists()
