r"""Trains one config in one workdir.

  python -m launch.train --config=configs/digits/mlp_rigl.py --workdir=DIR \
    [--config.updater.sparsity=0.98 ...] [--carry=vmap] [--dry_run]

The same command goes on with an unfinished run, and prints the summary of a
finished one.
"""

from absl import flags
from ml_collections import config_flags

from jaxsparse.experiments import command, population, sources, summary
from jaxsparse.experiments.build import build
from jaxsparse.experiments.train import train

# New attributes are let through: `resolve` knows the fields of every method.
_CONFIG = config_flags.DEFINE_config_file(
  'config',
  help_string='A config file, or the name of one that is installed.',
  lock_config=False,
  accept_new_attributes=True,
)
_WORKDIR = flags.DEFINE_string('workdir', None, 'Where the run is kept.')
_CARRY = flags.DEFINE_enum(
  'carry',
  'auto',
  population.CARRIES,
  'How replicates are carried: one after the other with the bits of a run'
  ' alone, or together by vmap; auto chooses by backend.',
)
_DRY_RUN = flags.DEFINE_bool(
  'dry_run', False, 'Print shapes and counts; train nothing.'
)


def main() -> None:
  """Trains, or prints what would be trained."""
  config = command.required(_CONFIG)
  if _DRY_RUN.value:
    experiment = build(config)
    sources.given(experiment, _WORKDIR.value)
    print(summary.shapes_table(experiment))
    return
  workdir = command.required(_WORKDIR)
  result = train(
    config, workdir, carry=_CARRY.value, interrupted=command.interrupted
  )
  print(summary.table(result))


def run() -> None:
  """The entry point of `jaxsparse-train`."""
  command.run(main)


if __name__ == '__main__':
  run()
