"""Saves one step after another until it is killed; tests start it.

`python saver.py DIRECTORY [die_in_retention]`. Each line that it prints is a
step whose save was begun, so that the one before it is finished.
"""

import itertools
import os
import shutil
import signal
import sys

import numpy as np

KEEP_STEPS = (0,)


def state_at(step):
  rng = np.random.default_rng(step)
  return {
    'step': np.int32(step),
    'layers': [
      {
        'kernel': rng.random((40, 50), np.float32),
        'mask': rng.random((40, 50)) < 0.5,
        'bias': None,
      }
      for _ in range(10)
    ],
  }


def rmtree_and_die(path, *args, **kwargs):
  """Removes some files of `path` and is killed."""
  files = [
    os.path.join(root, name) for root, _, f in os.walk(path) for name in f
  ]
  for file in files[::2]:
    os.unlink(file)
  os.kill(os.getpid(), signal.SIGKILL)


def main():
  from jaxsparse.training.checkpoints import Checkpoints

  if 'die_in_retention' in sys.argv:
    shutil.rmtree = rmtree_and_die
  with Checkpoints(sys.argv[1], keep=2, keep_steps=KEEP_STEPS) as checkpoints:
    found = checkpoints.latest(state_at(0))
    for step in itertools.count(found[0] + 1 if found else 0):
      checkpoints.save(step, state_at(step), {'step': step})
      print(step, flush=True)


if __name__ == '__main__':
  main()
