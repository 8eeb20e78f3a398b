r"""Sets any number of finished runs side by side: one table, one plot.

  python -m launch.compare --workdirs=DIR[,DIR ...] [--out=DIR] \
    [--by=updater.name,updater.sparsity] [--where='updater.sparsity>=0.9'] \
    [--metric=test_accuracy,sparsity] [--curve=eval_accuracy]

A DIR is the workdir of a run, a folder of them, the workdir of a study, or a
glob. Runs are grouped by the fields of `--by`, those in which they differ by
default; the table holds mean ± standard deviation over seeds and replicates.
"""

import pathlib

from absl import flags

from jaxsparse.cli import command
from jaxsparse.report.compare import groups as groups_lib
from jaxsparse.report.compare import plot, queries, table
from jaxsparse.report.compare import runs as runs_lib
from jaxsparse.results import names
from jaxsparse.runs import summary, workdir

_WORKDIRS = flags.DEFINE_list(
  'workdirs', None, 'Workdirs, folders of them, or globs.'
)
_BY = flags.DEFINE_list(
  'by', [], 'Config fields to group by; by default those that differ.'
)
_WHERE = flags.DEFINE_multi_string(
  'where', [], 'FIELD, one of = != < <= > >= in, and a value. Repeatable.'
)
_METRIC = flags.DEFINE_list(
  'metric', ['test_accuracy'], 'Entries of summary.json; the first is drawn.'
)
_CURVE = flags.DEFINE_string(
  'curve',
  'eval_accuracy',
  'Entry of metrics.jsonl that is drawn against the step where the groups do'
  ' not differ in one number.',
)
_OUT = flags.DEFINE_string(
  'out', None, 'Where table.csv, table.md, plot.png and plot.svg are written.'
)


def main() -> None:
  """Prints the table; writes it and the plot."""
  runs = _chosen(command.required(_WORKDIRS))
  groups_lib.check_metrics(runs, _METRIC.value)
  by = [queries.known(field, runs) for field in _BY.value]
  groups = groups_lib.groups(runs, by or groups_lib.differing(runs))
  rows = table.table(groups, _METRIC.value)
  print(summary.aligned(rows))
  for group in groups:
    if also := groups_lib.differing(group.finished):
      print(f'{names.label(group.key)}: its runs differ in {", ".join(also)}')
  if beside := groups_lib.between(groups):
    print(f'rows differ in {", ".join(beside)} too, which --by leaves out')
  for run in runs:
    if run.summary is None:
      print(f'left out, {run.state}: {run.root}')
  if _OUT.value:
    _write(groups, rows, workdir.output(_OUT.value))


def _chosen(workdirs: list[str]) -> list[runs_lib.Found]:
  runs = runs_lib.find(workdirs)
  for condition in _WHERE.value:
    runs = queries.where(runs, condition)
    if not runs:
      raise ValueError(f'--where: no run has {condition}')
  return runs


def _write(
  groups: list[groups_lib.Group], rows: list[list[str]], out: pathlib.Path
) -> None:
  drawn = plot.draw(groups, _METRIC.value[0], _CURVE.value, out)
  texts = {
    out / 'table.csv': table.to_csv(groups, _METRIC.value),
    out / 'table.md': table.to_markdown(rows),
  }
  for path, text in texts.items():
    path.write_text(text, encoding='utf-8')
  for path in (*texts, *drawn):
    print(path)


def run() -> None:
  """Runs the program `jaxsparse-compare`."""
  command.run(main)


if __name__ == '__main__':
  run()
