r"""Trains one config in one workdir.

  python -m launch.train --config=digits/mlp:rigl --workdir=DIR \
    [--config.updater.sparsity=0.98 ...] [--plan] [--dry_run]

The same command goes on with an unfinished run, and prints the summary of a
finished one. With `--plan` or `--dry_run` nothing is started or written, and
neither data set nor workdir need be there. Both print the plan: weights and
multiply-adds by layer, what training costs and bytes, and in the line
`micronet` all these as they are counted in papers (the convention of that name
of `launch.analyze flops`). `--dry_run` then takes two optimiser steps and a
mask step on a few made-up examples.
"""

from typing import Any

from absl import flags

from jaxsparse import storage
from jaxsparse.cli import command
from jaxsparse.cli.devices import DeviceFlags

_CONFIG = command.config_flag()
_WORKDIR = flags.DEFINE_string('workdir', None, 'Where the run is kept.')
_PLAN = flags.DEFINE_bool('plan', False, 'Print the plan; run nothing.')
_DRY_RUN = flags.DEFINE_bool(
  'dry_run',
  False,
  'Print the plan and take a few steps on made-up data; write nothing.',
)


_DEVICES = DeviceFlags()


def main() -> None:
  """Trains, or prints what would be trained and tries it."""
  config = command.required(_CONFIG)
  if _PLAN.value or _DRY_RUN.value:
    with command.at_once():
      _plan(config)
    return
  workdir = command.required(_WORKDIR)
  with _DEVICES.connected():
    from jaxsparse.runs import summary
    from jaxsparse.runs.train import train
    from jaxsparse.training import processes

    result = train(
      config,
      workdir,
      interrupted=command.interrupted,
      devices=_DEVICES.devices(),
    )
    if processes.is_first():
      print(summary.table(result))
      names = (path.name for path in storage.absolute(workdir).iterdir())
      files = sorted(name for name in names if name[0] != '.')
      print(f'\nFiles in {workdir}: {", ".join(files)}')


def _plan(config: Any) -> None:
  """Prints the plan, and if asked the steps after it, which take a while."""
  from jaxsparse.runs import (
    dry_run,
    layer_table,
    outline,
    reading,
    sources,
  )
  from jaxsparse.runs.build import build
  from jaxsparse.training import sharding

  experiment = build(config, reading.describe)
  built = experiment.config
  sharding.check(
    _DEVICES.devices(), built.batch_size, built.compute.accumulation
  )
  initial = sources.load(experiment, _WORKDIR.value)
  for text in (layer_table.text(experiment), outline.text(experiment)):
    print(text, end='\n\n', flush=True)
  if _DRY_RUN.value:
    print(dry_run.text(experiment, dry_run.take(experiment, initial)))


def run() -> None:
  """Runs the program `jaxsparse-train`."""
  command.run(main)


if __name__ == '__main__':
  run()
