import json

import pytest

from jaxsparse.config import identity
from jaxsparse.config.defaults import default_config
from jaxsparse.config.dicts import flat
from jaxsparse.config.lengths import in_steps
from jaxsparse.config.resolve import resolve
from jaxsparse.updaters.rigl import rigl


def run_of(updater='rigl', **top):
  config = default_config(updater=updater)
  config.num_steps = 20
  config.update(top)
  return in_steps(resolve(config), 1000)


BASE = run_of()
STORED = identity.jsonable(BASE)


def changed(section, field, value):
  """`STORED` with another value of a field."""
  if section is None:
    return STORED | {field: value}
  return STORED | {section: STORED[section] | {field: value}}


def test_the_digest_is_of_the_values_not_of_their_order():
  backwards = dict(reversed(STORED.items()))
  backwards['updater'] = dict(reversed(STORED['updater'].items()))
  assert identity.digest(backwards) == identity.digest(BASE)
  assert len(identity.digest(BASE)) == 12
  assert int(identity.digest(BASE), 16) >= 0


@pytest.mark.parametrize(
  ('section', 'field', 'value'),
  [
    (None, 'seed', 1),
    (None, 'num_steps', 21),
    ('updater', 'sparsity', 0.91),
    ('init', 'name', 'sparse'),
    ('model', 'features', [300, 101]),
    ('data', 'name', 'mnist'),
  ],
)
def test_another_value_is_another_run(section, field, value):
  other = changed(section, field, value)
  old = STORED[section][field] if section else STORED[field]
  assert identity.digest(other) != identity.digest(BASE)
  name = f'{section}.{field}' if section else field
  line = f'config.{name}: {old!r} -> {value!r}'
  assert identity.differences(BASE, other) == [line]


@pytest.mark.parametrize(
  ('section', 'field', 'value'),
  [
    ('data', 'dir', '/elsewhere'),
    ('checkpoint', 'keep', 9),
    (None, 'loggers', ['a.b']),
  ],
)
def test_where_data_lie_and_what_is_kept_make_no_other_run(
  section, field, value
):
  other = changed(section, field, value)
  assert identity.digest(other) == identity.digest(BASE)
  assert identity.differences(BASE, other) == []


def test_a_fraction_and_the_step_that_it_means_are_one_run():
  config = default_config()
  config.num_steps = 20
  config.updater.stop_step = 15
  other = in_steps(resolve(config), 1000)
  assert identity.digest(other) == identity.digest(BASE)


def test_what_json_gives_back_is_the_same_run():
  again = json.loads(identity.to_json(BASE))
  assert identity.differences(again, BASE) == []
  assert identity.digest(again) == identity.digest(BASE)
  assert identity.jsonable(BASE) == again


def test_a_config_is_flat_or_nested():
  assert identity.digest(flat(STORED)) == identity.digest(BASE)
  assert identity.whole_digest(flat(STORED)) == identity.whole_digest(BASE)


def test_a_function_goes_by_its_dotted_path():
  with_function = run_of(updater=rigl)
  path = 'jaxsparse.updaters.rigl.rigl'
  assert identity.jsonable(with_function)['updater']['name'] == path
  assert identity.digest(with_function) == identity.digest(run_of(path))


def test_a_field_that_is_new_renames_nothing():
  old = identity.jsonable(BASE)
  del old['eval']['split']
  assert identity.digest(old) == identity.digest(BASE)
  assert identity.differences(old, BASE) == []


def test_a_value_that_was_a_default_once_is_another_run():
  old = changed(None, 'log_interval', 99)
  (line,) = identity.differences(old, BASE)
  assert line == 'config.log_interval: 99 -> 100'


def test_functions_that_have_no_name_are_refused():
  named = changed('updater', 'name', lambda counts: None)
  with pytest.raises(ValueError, match='no name that could be found again'):
    identity.to_json(named)


def test_the_whole_digest_tells_a_default_that_has_changed(monkeypatch):
  other = changed(None, 'log_interval', 99)
  whole = identity.whole_digest(BASE)
  assert whole != identity.whole_digest(other)
  monkeypatch.setattr(identity.config_lib, 'nested_defaults', None)
  assert identity.whole_digest(json.loads(identity.to_json(BASE))) == whole
  assert len(whole) == 12
