"""The typed config of a run, and its form as dicts."""

import dataclasses
import pathlib
import re

import pytest
from flax.core import FrozenDict

from jaxsparse.config import dicts, fields
from jaxsparse.config.run_config import ACCEPTED, RunConfig, UpdaterConfig
from jaxsparse.optim.regrown import REGROWN

ROOT = pathlib.Path(__file__).parents[2]
CONFIG = RunConfig(
  seed=3,
  updater=UpdaterConfig(
    name='set', hyperparameters=FrozenDict({'drop_fraction': 0.4})
  ),
)


def leaves(section):
  for field in dataclasses.fields(section):
    if dataclasses.is_dataclass(field.default):
      yield from leaves(field.default)
    elif field.name != 'hyperparameters':
      yield field


def test_hyperparameters_are_fields_of_their_section_in_dicts():
  tree = dicts.to_dict(CONFIG)
  assert tree['updater']['drop_fraction'] == 0.4
  assert dicts.from_dict(RunConfig, tree) == CONFIG
  assert dicts.flat(CONFIG)['updater.drop_fraction'] == 0.4
  assert dicts.flat(CONFIG) == dicts.flat(tree)


def test_equal_configs_are_one_key_and_cannot_change():
  copy = dicts.from_dict(RunConfig, dicts.to_dict(CONFIG))
  assert len({CONFIG, copy, RunConfig()}) == 2
  with pytest.raises(dataclasses.FrozenInstanceError):
    CONFIG.seed = 4


@pytest.mark.parametrize('field', [*leaves(RunConfig())], ids=lambda f: f.name)
def test_a_field_has_one_line_of_help_and_accepts_its_default(field):
  assert field.metadata['help']
  assert '\n' not in field.metadata['help']
  assert field.metadata['accepted'].test(field.default)


def test_what_is_accepted_is_known_by_dotted_field():
  assert ACCEPTED['eval.interval'] is fields.POSITIVE_INT
  assert ACCEPTED['optimizer.eps_root'] is fields.NOT_NEGATIVE
  assert {'seed', 'updater.sparsity'} <= set(ACCEPTED)
  assert ACCEPTED['optimizer.regrown'].text == ', '.join(REGROWN)


def test_only_config_reads_configs_by_key():
  by_key = re.compile(r"\b(config|resolved|section)\['")
  found = [
    f'{path.relative_to(ROOT)}: {line.strip()}'
    for folder in ('jaxsparse', 'launch', 'configs')
    for path in (ROOT / folder).rglob('*.py')
    if not path.is_relative_to(ROOT / 'jaxsparse/config')
    for line in path.read_text('utf-8').splitlines()
    if by_key.search(line)
  ]
  assert found == []
