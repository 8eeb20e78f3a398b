r"""Sets any number of finished runs side by side: one table, one plot.

  python -m launch.compare --workdirs=DIR[,DIR ...] [--out=DIR] \
    [--by=updater.name,updater.sparsity] [--where='updater.sparsity>=0.9'] \
    [--metric=test_accuracy,sparsity] [--curve=eval_accuracy]

A DIR is the workdir of a run, a folder of them, the workdir of a study, or a
glob. Runs are grouped by the fields of `--by`, those in which they differ by
default; the table holds mean ± standard deviation over seeds.
"""

from absl import flags

from jaxsparse.cli import command
from jaxsparse.cli.devices import ProcessFlags

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
  'out', None, 'Where tables and the plot are written, with its caption.'
)
_PROCESSES = ProcessFlags()


@_PROCESSES.led
def main() -> None:
  """Prints the table; writes it and the plot."""
  from jaxsparse.core.tables import aligned
  from jaxsparse.report import formats
  from jaxsparse.report.compare import plot, tables
  from jaxsparse.report.compare import runs as runs_lib
  from jaxsparse.runs import workdir

  runs = runs_lib.find(command.required(_WORKDIRS))
  frame = tables.frame(runs)
  for condition in _WHERE.value:
    frame = tables.where(frame, condition)
  tables.check_metrics(frame, _METRIC.value)
  by = [tables.known(field, frame) for field in _BY.value]
  groups = tables.grouped(frame, by or tables.differing(frame))
  table = tables.table(groups, _METRIC.value)
  lines = tables.texts(table, _METRIC.value)
  print(aligned(lines))
  for group in groups:
    if also := tables.differing(tables.frame(group.finished)):
      print(f'{group.label}: its runs differ in {", ".join(also)}')
  if beside := tables.between(groups):
    print(f'rows differ in {", ".join(beside)} too, which --by leaves out')
  for run in frame['run']:
    if run.summary is None:
      print(f'left out, {run.state}: {run.root}')
  if _OUT.value:
    out = workdir.output(_OUT.value)
    drawn = plot.draw(groups, _METRIC.value[0], _CURVE.value, out)
    texts = {
      out / 'table.csv': formats.csv(table),
      out / 'table.md': formats.markdown(lines) + '\n',
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
