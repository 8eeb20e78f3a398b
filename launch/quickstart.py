"""The main job: what masks that move are worth, on real data, in a minute.

  python -m launch.quickstart [--workdir=DIR] [--steps=N] [--replicates=N]

A 64-300-100-10 net on digits, dense, and at 98 % sparsity (ERK) with a fixed
random mask, SET and RigL, each of these from the masked dense initialisation
and from the sparse one. Prints a table, and where two plots are: accuracy and
gradient norm against step. The same command goes on with a job that was
killed, and prints the results of a finished one.
"""

import pathlib

import ml_collections
from absl import flags

from jaxsparse.experiments import command, comparison
from jaxsparse.experiments.config import default_config

_WORKDIR = flags.DEFINE_string(
  'workdir', 'results/quickstart', 'Where runs, table and plots are kept.'
)
_STEPS = flags.DEFINE_integer('steps', 1500, 'Steps of each run.')
_REPLICATES = flags.DEFINE_integer('replicates', 5, 'Seeds of each run.')

_SPARSE = (('static', 'static'), ('set', 'SET'), ('rigl', 'RigL'))


def _config(updater: str, init: str) -> ml_collections.ConfigDict:
  config = default_config(updater=updater, model='mlp', init=init)
  config.num_steps = _STEPS.value
  config.replicates = _REPLICATES.value
  config.batch_size = 64
  config.updater.sparsity = 0.0 if updater == 'dense' else 0.98
  config.updater.update_interval = 25
  config.log_interval = config.eval.interval = 75
  config.eval.batch_size = 360
  config.eval.probe_size = 500
  return config


def _entries() -> list[comparison.Entry]:
  entries = [
    comparison.Entry('dense', 'dense', 'dense', _config('dense', 'dense'))
  ]
  for updater, label in _SPARSE:
    for init, suffix in (('dense', ''), ('sparse', ', sparse init')):
      entries.append(
        comparison.Entry(
          f'{updater}_{init}_init',
          label + suffix,
          updater,
          _config(updater, init),
        )
      )
  return entries


def main() -> None:
  """Runs what is not finished, then prints the table and the plots' paths."""
  root = pathlib.Path(_WORKDIR.value)
  entries = _entries()
  if comparison.finished(entries, root):
    print(f'{root} is finished; nothing is run again')
  rows = comparison.run(entries, root, interrupted=command.interrupted)
  print(comparison.table(rows))
  print('Spread: standard deviation over seeds. Plots:')
  for path in comparison.draw(rows, root):
    print(f'  {path.resolve()}')


def run() -> None:
  """The entry point of `jaxsparse-quickstart`."""
  command.run(main)


if __name__ == '__main__':
  run()
