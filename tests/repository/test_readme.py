"""The README's code and commands run as pasted."""

import pathlib
import re
import shlex
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

import jaxsparse as js
from jaxsparse.testing import check_updater

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / 'README.md').read_text('utf-8')
BLOCKS = re.findall(r'```python\n(.*?)```', README, re.DOTALL)
# Indented blocks of commands, a line that ends in \ with those after it.
COMMANDS = [
  command.replace('\\\n', ' ')
  for command in re.findall(
    r'^    ((?:python -m launch|\./launch).*(?:\n {6}.*)*)',
    README,
    re.MULTILINE,
  )
]


def test_the_loop_trains_a_sparse_net(capsys):
  names = {}
  exec(BLOCKS[0], names)
  masks = names['state'].mask_state.masks
  assert js.sparsity(masks) == pytest.approx(0.95, abs=1e-3)
  for layer, mask in masks.items():
    weights = np.asarray(names['params'][layer]['kernel'])
    assert not weights[~np.asarray(mask['kernel'])].any()
  assert names['loss'](names['params'], names['batch']) < 0.01
  assert 'masked leaves' in capsys.readouterr().out


@pytest.mark.slow
def test_the_method_keeps_what_it_promises():
  names = {}
  exec(BLOCKS[1], names)
  check_updater(names['mine'])


def test_there_is_nothing_else_to_run():
  assert len(BLOCKS) == 2
  assert len(COMMANDS) == 6


@pytest.mark.slow
def test_commands_run_in_their_order(tmp_path):
  """In a shell of its own, with /tmp elsewhere."""
  for command in COMMANDS:
    words = shlex.split(command.replace('/tmp/', f'{tmp_path}/'))
    words[0] = sys.executable
    ended = subprocess.run(
      words, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
  assert (tmp_path / 'both').is_dir()


def test_arrays_of_the_loop_are_those_of_the_data_set():
  """Its digits are the real ones."""
  names = {}
  exec(BLOCKS[0].partition('keys =')[0], names)
  images, labels = names['batch']
  assert images.shape == (1797, 64)
  assert jnp.max(images) == 1
  assert set(np.asarray(labels)) == set(range(10))
