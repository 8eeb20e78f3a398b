"""One of two processes that train runs of several methods.

`python together.py FOLDER PORT INDEX`; prints a line of JSON at the end: the
checksums of the masks that this process has, by run.
"""

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
from tests.conftest import make_config

METHODS = ('rigl', 'set', 'gmp', 'grasp', 'level')
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
    **{name: config_of('rigl', folder, i) for i, name in enumerate(POPULATION)},
  }


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
      seen.setdefault(name, {})[f'{step} {path}'] = sorted(crcs)
    save(self, step, state, meta)

  Checkpoints.save = saving
  runs = configs(folder)
  with processes.ending_together():
    for name in ('dense', *METHODS):
      train(runs[name], folder / name, plots=False)
    train_together([(build(runs[name]), folder / name) for name in POPULATION])
  print(json.dumps(seen))
  jax.distributed.shutdown()


if __name__ == '__main__':
  main()
