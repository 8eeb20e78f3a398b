r"""Sweeps one config over fields and seeds, or searches for good values.

  python -m launch.sweep --config=digits/mlp:rigl --workdir=DIR \
    --sweep config.updater.sparsity=0.8,0.9,0.95 --sweep config.seed=0:5 \
    [--config.num_steps=500 ...] [--plan] [--dry_run] [--runs_dir=DIR/runs] \
    [--parallel=vmap]

  python -m launch.sweep --config=digits/mlp:rigl --workdir=DIR --trials=20 \
    --config.data.validation=0.2 --sweep config.seed=0:3 \
    --search config.optimizer.learning_rate=log:0.01:1 \
    --search config.updater.drop_fraction=0.1:0.5 \
    --search config.updater.update_interval=int:25:200:25

`--sweep FIELD=VALUES` takes values with commas between them, and for ints also
ranges (`0:5`, without the end). All combinations are run, each for the seeds
given, or for that of the config. Ends with a table and names the report,
`DIR/report/report.html`; table.csv and figures lie beside it.

`--search FIELD=SPACE` takes `LOW:HIGH`, `log:LOW:HIGH`, `int:LOW:HIGH[:STEP]`
or values to choose from; Optuna (the extra `tune`) suggests, and the mean
accuracy on validation judges (of text, which has a validation split of its own,
the bits a character there). Ends with the best trial; trials.csv and
search.png lie in `DIR/report`.

The same command goes on with what was killed; nothing finished is repeated. A
search with more trials goes on with those that have ended, which are in
`DIR/search.journal`, a journal file of Optuna; another search is refused there.
With `--distributed` the command runs on each of several hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from absl import flags
from ml_collections import config_flags

from jaxsparse.cli import command, study_command
from jaxsparse.errors import saving

if TYPE_CHECKING:
  from jaxsparse.results.rows import MemberResult
  from jaxsparse.studies import search
  from jaxsparse.studies.spec import Study

_CONFIG = command.config_flag()
_SWEEP = flags.DEFINE_multi_string(
  'sweep', [], 'config.FIELD=VALUES; may be given several times.'
)
_SEARCH = flags.DEFINE_multi_string(
  'search', [], 'config.FIELD=SPACE; may be given several times.'
)
_TRIALS = flags.DEFINE_integer('trials', 20, 'Trials of a search.')
flags.adopt_module_key_flags(study_command)


@study_command.DEVICES.led
def main() -> None:
  """Sweeps, searches, or prints what would run."""
  from jaxsparse.studies import search_space, sweeps

  config = command.required(_CONFIG)
  path = config_flags.get_config_filename(flags.FLAGS['config'])
  if not _SWEEP.value and not _SEARCH.value:
    raise ValueError('--sweep or --search is required')
  swept = sweeps.grid(config, _SWEEP.value)
  study = sweeps.study(path, config, swept)
  if _SEARCH.value:
    _search(study, config, search_space.judge(config, swept))
  else:
    study_command.finish(study, 'sweep', print)


def _search(study: Study, config: Any, metric: str) -> None:
  """Runs the trials that have not ended, and reports them all."""
  from jaxsparse.report import search as search_report
  from jaxsparse.studies import search, search_space, sweeps
  from jaxsparse.studies.running.run import check_workdir

  space = search_space.space(config, _SEARCH.value)
  for flag in (study_command.PLAN, study_command.DRY_RUN):
    if flag.value:
      raise ValueError(
        f'--{flag.name}: a search has none, as a trial hangs on the last'
      )
  report = study_command.folder()
  check_workdir(report.parent)

  def train(number: int, point: search.Point) -> Sequence[MemberResult]:
    name = f'trial {number + 1} of {_TRIALS.value}'
    trial = sweeps.at(study, point)
    return study_command.run(trial, name, joins=True).members

  with saving(report.parent):
    result = search.search(
      space,
      train,
      report.parent,
      config=config,
      seeds=study.runs[0].seed_list(),
      trials=_TRIALS.value,
      metric=metric,
    )
    print(search.verdict(result, space))
    paths = search_report.write(result, space, report)
  for path in paths:
    print(path)


def run() -> None:
  """Runs the program `jaxsparse-sweep`."""
  command.run(main)


if __name__ == '__main__':
  run()
