r"""Makes an analysis of finished runs.

  python -m launch.analyze ANALYSIS --workdir=DIR[,DIR ...] [--step=N] \
    [--option examples=1000 ...] [--out=DIR]

  python -m launch.analyze flops --workdir=runs/ticket
  python -m launch.analyze interpolation --workdir=runs/ticket,runs/pruned
  python -m launch.analyze density --workdir=runs/ticket --option num_probes=8
  python -m launch.analyze distance_map --workdir=runs/a,runs/b --workdir=runs/p

An ANALYSIS is a file in `jaxsparse/analyses`, or a dotted path; without one all
are listed, and `launch.analyze NAME --help` says what it takes and returns. One
of several kinds of runs takes a `--workdir` for each. Prints the numbers, and
writes them with a table and a figure where there is one to DIR (`analyses` in
the first workdir by default), and adds them to the entry `analyses` of that
run's summary.json. What a net costs that has not been trained, `launch.train
--dry_run` says.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from absl import flags

from jaxsparse.cli import command
from jaxsparse.cli.devices import ProcessFlags
from jaxsparse.config import literals

if TYPE_CHECKING:
  from jaxsparse.analyses.harness.result import Number

_WORKDIR = flags.DEFINE_multi_string(
  'workdir', [], 'Workdirs with commas between; once for each kind of run.'
)
_STEP = flags.DEFINE_integer(
  'step', None, 'Short for --option step=N: a step that the run keeps.'
)
_OPTION = flags.DEFINE_multi_string(
  'option', [], 'name=value, of the analysis; repeatable.'
)
_OUT = flags.DEFINE_string('out', None, 'Where files are written.')
_PROCESSES = ProcessFlags()


def _options() -> dict[str, Any]:
  options: dict[str, Any] = {}
  if _STEP.value is not None:
    options['step'] = _STEP.value
  for text in _OPTION.value:
    name, equals, value = text.partition('=')
    if not equals or not name:
      raise ValueError(f'--option: got {text!r}; accepted is name=value')
    if name in options:
      raise ValueError(f'--option: {name} is there twice')
    options[name] = literals.literal(value)
  return options


def _text(name: str, number: Number) -> str:
  from jaxsparse.results import metrics
  from jaxsparse.results.statistics import mean_and_std

  how = metrics.metric(name)
  spread = number if isinstance(number, dict) else {'mean': number}
  std = spread.get('std')
  text = mean_and_std(
    how.scale * spread['mean'],
    None if std is None else how.scale * std,
    how.text,
  )
  return f'{text} {how.unit}'.rstrip()


@_PROCESSES.led
def main(analysis: str) -> None:
  """Runs the analysis, prints its numbers and names its files."""
  from jaxsparse.analyses.harness import calls
  from jaxsparse.analyses.harness.analyze import analyze
  from jaxsparse.core.tables import aligned
  from jaxsparse.results import metrics

  calls.find(analysis)  # Errors in its name are reported first.
  pools = [literals.split(text) for text in command.required(_WORKDIR)]
  if not all(path for pool in pools for path in pool):
    raise ValueError(f'--workdir: got {_WORKDIR.value}; a path is empty')
  result, paths = analyze(analysis, pools, _options(), _OUT.value)
  rows = [
    (metrics.metric(name).label, _text(name, number))
    for name, number in result.numbers.items()
  ]
  if result.text:
    print(f'{result.text}\n')
  if rows:
    print(aligned(rows))
  for path in paths:
    print(path)


def _analyses() -> dict[str, str]:
  from jaxsparse.analyses.harness import calls

  return {name: calls.line(name) for name in calls.names()}


def _describe(name: str) -> str:
  from jaxsparse.analyses.harness import calls

  return inspect.getdoc(calls.find(name)) or ''


def run() -> None:
  """Runs the program `jaxsparse-analyze`."""
  command.run(main, word='ANALYSIS', words=_analyses, describe=_describe)


if __name__ == '__main__':
  run()
