r"""Lists, checks and exchanges lottery tickets.

  python -m launch.tickets list DIR ... [--where=CONDITION]
  python -m launch.tickets show DIR
  python -m launch.tickets record DIR ...
  python -m launch.tickets verify DIR ...
  python -m launch.tickets export DIR FILE.safetensors [--step=N]
  python -m launch.tickets import FILE --out=DIR [--config=CONFIG] \
    [--masks=FILE] [--map=fc1=Dense_0 ...]
  python -m launch.tickets transplant TICKET DENSE TARGET --out=DIR \
    [--how=aligned] [--seed=0]

  python -m launch.tickets list runs --where='density<0.1 and test_accuracy>97'
  python -m launch.tickets import lenet.npz --out=imported \
    --config=mnist/mlp:static

A ticket is a finished run of `updater.name=static` with `init.masks`; DIR is
its workdir, and of `list` also a folder of runs. `show` prints its manifest as
JSON. `record` writes that to `ticket.json` in the workdir, once. `verify`
compares a ticket with what its run recorded, and with `ticket.json` where there
is one. `import` reads .safetensors and .npz: exported tickets, and nets of
PyTorch, open_lth and jaxpruner, whose pickles are to be converted first.
`transplant` moves the masks of a ticket onto the initialisation of another run:
DENSE is the dense run from the ticket's initialisation, TARGET that from the
other; hidden units are permuted as the two dense nets match (`aligned`), or for
comparison not at all (`naive`), or at random (`random`).
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from absl import flags

from jaxsparse.cli import actions, command

if TYPE_CHECKING:
  from jaxsparse.core.types import Masks

_CONFIG = command.config_flag()
_WHERE = flags.DEFINE_string(
  'where',
  '',
  'Of list: a condition on columns, e.g. density<0.1; accuracies are in per'
  ' cent, a name with a dot is in backticks.',
)
_STEP = flags.DEFINE_integer(
  'step', None, 'Of export: step of the weights; by default the first.'
)
_OUT = flags.DEFINE_string(
  'out',
  None,
  'Of import, transplant: the directory, for init.checkpoint and init.masks.',
)
_MASKS = flags.DEFINE_string(
  'masks', '', 'Of import: a file of masks under the names of the weights.'
)
_MAP = flags.DEFINE_multi_string(
  'map',
  [],
  "Of import: MODULE=MODULE, PyTorch's and ours; others are matched in order"
  ' of use. Repeatable.',
)
_HOW = flags.DEFINE_string(
  'how', 'aligned', 'Of transplant: aligned, naive or random.'
)
_SEED = flags.DEFINE_integer(
  'seed', 0, 'Of transplant: of the random permutation, and of matching.'
)


def _list(folder: str, *folders: str) -> None:
  """DIR ...: prints the tickets in folders, one a line."""
  from jaxsparse.tickets import table

  tickets, errors = table.find((folder, *folders))
  lines = table.frame(tickets)
  if _WHERE.value:
    lines = table.where(lines, _WHERE.value)
  print(table.text(lines))
  for error in errors:
    print(f'left out: {error}')


def _show(workdir: str) -> None:
  """DIR: prints the manifest of a ticket."""
  from jaxsparse.tickets import manifest, record

  print(record.to_json(manifest.manifest(workdir)))


def _record(first: str, *workdirs: str) -> None:
  """DIR ...: writes manifests to ticket.json, once."""
  from jaxsparse.tickets import record

  for workdir in (first, *workdirs):
    record.write(workdir)
    print(f'{workdir}/{record.RECORD}')


def _verify(first: str, *workdirs: str) -> None:
  """DIR ...: checks tickets against what was recorded of them."""
  from jaxsparse.tickets import verify

  errors = []
  for workdir in (first, *workdirs):
    try:
      recorded = verify.verify(workdir)
    except ValueError as error:
      errors.append(str(error))
    else:
      print(f'{workdir}: whole' + ('' if recorded else ', without ticket.json'))
  if errors:
    raise ValueError('; '.join(errors))


def _export(workdir: str, path: str) -> None:
  """DIR FILE: writes params and masks to a safetensors file."""
  from jaxsparse.tickets import exports

  exports.export(workdir, path, step=_STEP.value)
  print(path)


def _import(path: str) -> None:
  """FILE --out=DIR: writes the net in a file so that runs can start from it."""
  from jaxsparse.tickets import imports

  out = command.required(_OUT)
  for text in _MAP.value:
    if '=' not in text:
      raise ValueError(f'--map: got {text!r}; accepted is MODULE=MODULE')
  net = imports.convert(
    path,
    out,
    config=_CONFIG.value,
    masks=_MASKS.value,
    mapping=dict(text.split('=', 1) for text in _MAP.value),
  )
  for name, leaf in net.leaves.items():
    print(f'{name} -> {leaf}')
  _print_fields(net.masks, out)


def _transplant(ticket: str, dense: str, target: str) -> None:
  """TICKET DENSE TARGET --out=DIR: moves masks onto another initialisation."""
  from jaxsparse.tickets.transplant import transplant

  out = command.required(_OUT)
  masks = transplant(
    ticket, dense, target, out, how=_HOW.value, seed=_SEED.value
  )
  _print_fields(masks, out)


def _print_fields(masks: Masks | None, out: str) -> None:
  """Prints the flags of a run that starts from `out`."""
  from jaxsparse.tickets import imports

  for field, value in imports.fields(masks, out).items():
    print(shlex.quote(f'--config.{field}={value}'))


_ACTIONS: dict[str, actions.Action] = {
  'list': _list,
  'show': _show,
  'record': _record,
  'verify': _verify,
  'export': _export,
  'import': _import,
  'transplant': _transplant,
}


def main(action: str, *words: str) -> None:
  """Runs one action on its arguments."""
  actions.call(_ACTIONS, action, words)


def run() -> None:
  """Runs the program `jaxsparse-tickets`."""
  command.run(main, **actions.options(_ACTIONS))


if __name__ == '__main__':
  run()
