"""One of two processes that train runs of several methods.

`python together.py FOLDER PORT INDEX`; prints a line of JSON at the end: the
checksums of the masks that this process has, by run.
"""

import contextlib
import json
import pathlib
import sys
import zlib

import jax
import numpy as np

from jaxsparse.core import paths
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train, train_together
from jaxsparse.training import processes
from jaxsparse.training.checkpoints import Checkpoints
from jaxsparse.training.sharding import Devices
from tests.conftest import make_config

METHODS = ('rigl', 'set', 'gmp', 'grasp', 'level')
# Shorter runs of RigL, by what is particular of them.
FIELDS = {
  'streamed': {'data__source': 'stream', 'data__workers': 0},
  'accumulated': {'compute__accumulation': 2},
  'divided': {'updater__remember_masks': True},
}
POPULATION = ('member_0', 'member_1', 'member_2')


def config_of(method, folder, seed=0):
  """A run of 440 steps with ten mask updates and more."""
  config = make_config('static' if method == 'level' else method, seed=seed)
  config.update(num_steps=440, log_interval=110)
  config.eval.interval = config.checkpoint.interval = 220
  config.gradient_flow.interval = 220
  config.updater.update_interval = 30
  if method == 'level':
    config.updater.sparsity = 0.0
    config.pruning.level = 3
    dense = str(folder / 'dense')
    config.init.update(checkpoint=dense, checkpoint_step=0, masks=dense)
  return config


def configs(folder):
  """All runs by name; those of the population are trained together."""
  return {
    'dense': make_config('static', updater__sparsity=0.0),
    **{method: config_of(method, folder) for method in METHODS},
    **{name: make_config(**fields) for name, fields in FIELDS.items()},
    **{name: config_of('rigl', folder, i) for i, name in enumerate(POPULATION)},
  }


def divided(name):
  """The devices of a run, over which some are divided."""
  return Devices(shard_params=name in ('divided', 'level'))


@contextlib.contextmanager
def full_disk(config, workdir):
  """A logger, of the first process alone, that fails in the middle."""

  def log(record):
    if record['step'] >= 30:
      raise OSError('no space left')

  yield log


def main():
  folder, port, index = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
  processes.begin(f'127.0.0.1:{port}', 2, int(index))
  seen = {}
  save = Checkpoints.save

  def saving(self, step, state, meta):
    name = self.directory.parent.name
    for path, mask in paths.flatten(state.mask_state.masks).items():
      crcs = {
        zlib.crc32(np.asarray(shard.data).tobytes())
        for shard in mask.addressable_shards
      }
      if mask.is_fully_replicated:
        seen.setdefault(name, {})[f'{step} {path}'] = sorted(crcs)
    save(self, step, state, meta)

  Checkpoints.save = saving
  runs = configs(folder)
  with processes.ending_together():
    for name in [name for name in runs if name not in POPULATION]:
      seen[name] = {}
      train(runs[name], folder / name, plots=False, devices=divided(name))
    train_together([(build(runs[name]), folder / name) for name in POPULATION])
  print(json.dumps(seen))
  jax.distributed.shutdown()


if __name__ == '__main__':
  main()
