"""A study of one config: `--sweep config.updater.sparsity=0.8,0.9`."""

import dataclasses
import itertools
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config import overrides as overrides_lib
from jaxsparse.config.dicts import flat
from jaxsparse.config.overrides import LENGTHS, merged
from jaxsparse.results.names import field_name, label
from jaxsparse.results.rows import Point
from jaxsparse.studies import config_files
from jaxsparse.studies.spec import Against, Curves, Run, Study

Grid = dict[str, tuple[Any, ...]]


def grid(config: Any, flags: Sequence[str]) -> Grid:
  """Parses `--sweep` into dotted field -> values.

  Args:
    config: a `ConfigDict` made by `config.default_config`.
    flags: texts like 'config.updater.sparsity=0.8,0.9'.

  Raises:
    ValueError: an unknown field, a value that it does not accept, or two
      fields that exclude each other.
  """
  texts = overrides_lib.by_field(flags, 'sweep')
  if 'replicates' in texts:
    raise ValueError(
      '--sweep: config.replicates: seeds are swept by config.seed=0:5'
    )
  if set(LENGTHS) <= texts.keys():
    raise ValueError(
      '--sweep: got config.num_steps and config.num_epochs; accepted is one of'
      ' them, which is the length of the run'
    )
  current = overrides_lib.current_values(config, texts, 'sweep')
  return {f: overrides_lib.values(f, texts[f], current[f]) for f in texts}


def overrides(path: str, config: Any) -> dict[str, Any]:
  """Returns the fields of `config` that differ from those of its file.

  Args:
    path: of the file, as `--config` takes it.
    config: made by the file, with fields changed since.
  """
  before, now = (
    flat(config_lib.nested(c)) for c in (config_files.load(path), config)
  )
  return {
    field: value
    for field, value in now.items()
    if field != 'seed' and (field not in before or before[field] != value)
  }


def study(path: str, config: Any, swept: Grid) -> Study:
  """Returns the study of a config over a grid.

  Numeric fields are the grid of its runs; each combination of the other fields
  is a separate run, so that each has its line in a figure.

  Args:
    path: of the config's file, as `--config` takes it.
    config: made by the file, with overrides. Without a swept seed it is run
      with its own.
    swept: from `grid`.
  """
  now = merged(overrides(path, config), swept)
  changed = {field: v for field, v in now.items() if field not in swept}
  seeds = swept.get('seed') or (config.seed,)
  numbers = {f: v for f, v in swept.items() if f != 'seed' and _numeric(v)}
  categories = {
    f: v for f, v in swept.items() if f != 'seed' and f not in numbers
  }
  name = short_name(path)
  points = [
    tuple(zip(categories, values, strict=True))
    for values in itertools.product(*categories.values())
  ]
  words = _words(points)
  runs = tuple(
    Run(
      name=words[i],
      config=name,
      overrides=changed | dict(point),
      grid=numbers,
      seeds=seeds,
      label=label(point) if point else name,
    )
    for i, point in enumerate(points)
  )
  fields = [field_name(f) for f in swept if f != 'seed']
  return Study(
    title=' over '.join([name, ', '.join(fields) or 'seeds']),
    runs=runs,
    figures=(
      *(Against(field) for field, values in numbers.items() if values[1:]),
      Curves(),
    ),
    notes=_notes(changed),
  )


def at(study: Study, point: Mapping[str, Any]) -> Study:
  """Returns a study of one run with `point` in its config.

  Args:
    study: from the function `study`, of a single run.
    point: dotted field -> value.
  """
  (run,) = study.runs
  overrides = merged(run.overrides, point)
  return dataclasses.replace(
    study, runs=(dataclasses.replace(run, overrides=overrides),)
  )


def short_name(path: str) -> str:
  """Returns the name of a config of jaxsparse by its path; else the path."""
  spec, colon, argument = path.partition(':')
  folder, file = config_files.folder(), pathlib.Path(spec)
  if file.is_relative_to(folder):
    spec = file.relative_to(folder).with_suffix('').as_posix()
  return f'{spec}{colon}{argument}'


def _numeric(values: Sequence[Any]) -> bool:
  return all(
    isinstance(v, int | float) and not isinstance(v, bool) for v in values
  )


def _words(points: Sequence[Point]) -> list[str]:
  """Returns distinct names of letters, digits and underscores."""
  texts = ('_'.join(str(value) for _, value in point) for point in points)
  words = [re.sub(r'\W+', '_', t, flags=re.ASCII).strip('_') for t in texts]
  if points == [()]:
    return ['sweep']
  if len(set(words)) == len(words) and all(words):
    return words
  return [f'run_{i}' for i in range(len(words))]


def _notes(changed: dict[str, Any]) -> str:
  fields = ', '.join(f'config.{f}={v!r}' for f, v in changed.items())
  return f'Changed in the config: {fields}.' if fields else ''
