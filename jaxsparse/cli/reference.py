"""The reference pages, read from the code.

`python -m jaxsparse.cli.reference`, in the root of a checkout, writes them
again; a test compares them with the code.
"""

import importlib
import inspect
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jaxsparse
from jaxsparse.config import defaults
from jaxsparse.config import reference as fields
from jaxsparse.core import docstrings, registry
from jaxsparse.core.types import Facts

_HEAD = """Read from the code by `python -m jaxsparse.cli.reference`: change
docstrings, not this page."""

# Field of a config -> the package of its names.
_KINDS = {
  'Distributions: `updater.distribution`': 'jaxsparse.core.distributions',
  'First masks: `updater.sampler`': 'jaxsparse.core.samplers',
  'Structures: `updater.structure`': 'jaxsparse.core.structures',
  'Initialisations: `init.name`': 'jaxsparse.core.initialisation',
  'Models: `model.name`': 'jaxsparse.models',
  'Data sets prepared on first use: `data.name`': 'jaxsparse.data.builders',
  'Augmentations: `data.augment`': 'jaxsparse.data.augmentations',
  'Learning rates: `optimizer.schedule`': (
    'jaxsparse.optim.learning_rate_schedules'
  ),
  'Tasks: `task`': 'jaxsparse.tasks',
  'Metrics: `metrics`': 'jaxsparse.metrics',
  'Analyses: `launch.analyze NAME`': 'jaxsparse.analyses',
}
_CLAIMS = 'jaxsparse.claims'
_METHODS = 'jaxsparse.updaters'
# Arguments that a run passes itself, or (`alpha`) leaves at the default.
_SUPPLIED = (
  'key',
  'axes',
  'select',
  'custom',
  'custom_in_budget',
  'order',
  'num_classes',
  'alpha',
)
# `Facts.dense_batches` -> text.
_GRADIENTS = {0: 'never', 1: 'on mask steps', None: 'on every step'}
# Arguments for methods that need some, to build each once.
_TIMES = {'start_step': 0, 'stop_step': 100, 'update_interval': 10}


def pages() -> dict[str, str]:
  """Returns the text of each page, by its path in a checkout."""
  return {
    'configs/README.md': '\n'.join(_config_page()) + '\n',
    'jaxsparse/README.md': '\n'.join(_names_page()) + '\n',
  }


def _config_page() -> Iterator[str]:
  """Yields the lines of the page of what a config can name."""
  yield from ('# What a config can say', '', _HEAD)
  yield from ('', '## Methods: `updater.name`', '', *_methods())
  for title, package in _KINDS.items():
    yield from ('', f'## {title}', '', *_table(package))
  yield from ('', '## Claims of studies', '', *_claims())
  yield from ('', '## Fields', '', *_fields())


def _names_page() -> Iterator[str]:
  """Yields the lines of the page of public names."""
  yield from ('# Public names', '', _HEAD, '')
  yield '`import jaxsparse as js`. `help(js.NAME)` has an example.'
  yield from ('', '| name | |', '| --- | --- |')
  for name in dir(jaxsparse):
    target = getattr(jaxsparse, name)
    yield f'| `js.{name}` | {_cell(docstrings.summary(target))} |'


def _methods() -> Iterator[str]:
  """Yields a table of methods: options, gradients and memory that they need."""
  yield (
    '| name | | use it | gradients of other weights | weights stored |'
    ' fields of `updater` |'
  )
  yield '| --- | --- | --- | --- | --- | --- |'
  for name in registry.names(_METHODS):
    builder = registry.resolve(name, _METHODS)
    accepted = registry.parameters(builder)
    times = {n: v for n, v in _TIMES.items() if n in accepted}
    facts = registry.build(builder, {'kernel': 1}, **times).facts
    options = [f'`{n}`' for n in accepted if n not in _TIMES]
    cells = (
      f'`{name}`',
      docstrings.summary(builder),
      _use(builder),
      _GRADIENTS.get(facts.dense_batches, f'{facts.dense_batches} batches'),
      _stored(facts),
      ', '.join(options),
    )
    yield f'| {" | ".join(map(_cell, cells))} |'


def _stored(facts: Facts) -> str:
  """Returns which weights have a value and statistics of the optimiser."""
  if facts.invariant == 'dense':
    return 'all'
  wider = facts.stores_all or facts.trained_counts is not None
  return 'more than the active ones' if wider else 'the active ones'


def _use(builder: Callable[..., Any]) -> str:
  """Returns the sentence of a docstring that begins with '**Use it**'."""
  text = ' '.join((inspect.getdoc(builder) or '').split())
  return text.partition('**Use it** ')[2].partition('. ')[0].rstrip('.')


def _table(package: str) -> Iterator[str]:
  """Yields a table of the names of a package and their options."""
  yield from ('| name | | options |', '| --- | --- | --- |')
  for name in registry.names(package):
    target = _entry(package, name)
    accepted = [n for n in registry.parameters(target) if n not in _SUPPLIED]
    options = ', '.join(f'`{n}`' for n in accepted)
    yield f'| `{name}` | {_cell(docstrings.summary(target))} | {options} |'


def _entry(package: str, name: str) -> Any:
  """Returns what a name stands for; of a data set, its module's builder."""
  module = importlib.import_module(package)
  if hasattr(module, '__path__'):
    module = importlib.import_module(f'{package}.{name}')
  builder = name.title().replace('_', '')
  return getattr(module, name, None) or getattr(module, builder)


def _claims() -> Iterator[str]:
  yield from ('| class | |', '| --- | --- |')
  base: Any = registry.resolve(f'{_CLAIMS}.claim.Claim', _CLAIMS)
  for module in registry.names(_CLAIMS):
    home = importlib.import_module(f'{_CLAIMS}.{module}')
    for name, kind in inspect.getmembers(home, inspect.isclass):
      if kind.__module__ == home.__name__ and issubclass(kind, base):
        yield f'| `{name}` | {_cell(docstrings.summary(kind))} |'


def _fields() -> Iterator[str]:
  """Yields a table of all fields but those of methods and models."""
  yield '`python -m launch.train --config=X --help` has those of X.'
  yield from (
    '',
    '| field | default | accepted | |',
    '| --- | --- | --- | --- |',
  )
  for one in fields.fields(defaults.default_config()):
    cells = (f'`{one.name}`', f'`{one.value!r}`', one.accepted, one.help)
    yield f'| {" | ".join(map(_cell, cells))} |'


def _cell(text: str) -> str:
  return text.replace('|', '\\|')


def main(argv: Sequence[str] = ()) -> None:
  """Writes the pages into the checkout."""
  del argv
  root = pathlib.Path(jaxsparse.__file__).parents[1]
  for path, text in pages().items():
    (root / path).write_text(text, encoding='utf-8')


if __name__ == '__main__':
  main()
