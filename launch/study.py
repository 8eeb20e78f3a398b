r"""Runs a study: many runs, and the table, figures and claims they are for.

  python -m launch.study --config=configs/studies/digits/init_and_updates.py \
    --workdir=DIR [--plan] [--runs_dir=DIR/runs] [--carry=vmap] [--seeds=2] \
    [--override num_steps=100 ...]

The same command goes on with a study that was killed; finished members are
not repeated, and studies that share a `--runs_dir` share them. With `--plan`
nothing is started or written: it prints what would run. Ends by naming the
report, `DIR/report/report.html`.
"""

import dataclasses
import pathlib

from absl import flags

from jaxsparse.experiments import command, config_files, literals
from jaxsparse.experiments.population import CARRIES
from jaxsparse.experiments.studies import plan, report, tables
from jaxsparse.experiments.studies.run import check_any
from jaxsparse.experiments.studies.run import run as run_study
from jaxsparse.experiments.studies.spec import Study

_CONFIG = flags.DEFINE_string(
  'config', None, 'A study file, or the name of one that is installed.'
)
_WORKDIR = flags.DEFINE_string('workdir', None, 'Where the study is kept.')
_RUNS_DIR = flags.DEFINE_string(
  'runs_dir', None, 'Where its members are kept; WORKDIR/runs by default.'
)
_PLAN = flags.DEFINE_bool('plan', False, 'Print what would run; run nothing.')
_CARRY = flags.DEFINE_enum(
  'carry',
  'auto',
  CARRIES,
  'How members are carried: one after the other with the bits of a run alone,'
  ' or together by vmap; auto chooses by backend.',
)
_SEEDS = flags.DEFINE_integer(
  'seeds', None, 'So many seeds of each run, in place of what the study says.'
)
_OVERRIDE = flags.DEFINE_multi_string(
  'override', [], 'field=value, for every run; may be given several times.'
)


def _study() -> Study:
  """The study with what the command line changes in it."""
  study = config_files.load_study(command.required(_CONFIG))
  changes = {}
  for text in _OVERRIDE.value:
    field, equals, value = text.partition('=')
    if not equals or not field:
      raise ValueError(f'--override: got {text!r}; accepted is field=value')
    changes[field] = literals.literal(value)
  runs = [
    dataclasses.replace(
      one,
      overrides={**one.overrides, **changes},
      seeds=one.seeds if _SEEDS.value is None else _SEEDS.value,
    )
    for one in study.runs
  ]
  return dataclasses.replace(study, runs=tuple(runs))


def _name() -> str:
  """'digits_init_and_updates': the file, and where it is among the studies."""
  spec, _, _ = command.required(_CONFIG).partition(':')
  path = pathlib.PurePath(spec).with_suffix('')
  _, studies, inner = path.as_posix().rpartition('/studies/')
  return inner.replace('/', '_') if studies else path.name


def main() -> None:
  """Runs the study and writes its report, or prints what would run."""
  study = _study()
  runs_dir = _RUNS_DIR.value or f'{command.required(_WORKDIR)}/runs'
  if _PLAN.value:
    print(plan.text(plan.plan(study, runs_dir, _CARRY.value)))
    return
  workdir = pathlib.Path(command.required(_WORKDIR)).expanduser()
  results = run_study(
    study,
    workdir,
    runs_dir,
    name=_name(),
    command=command.typed(),
    carry=_CARRY.value,
    interrupted=command.interrupted,
  )
  print(tables.text(results))
  path = report.write(results, workdir / 'report')
  print(f'Report: {path.resolve()}')
  check_any(results)


def run() -> None:
  """The entry point of `jaxsparse-study`."""
  command.run(main, config_files.located_study)


if __name__ == '__main__':
  run()
