import json

import pytest

from jaxsparse.config import identity
from jaxsparse.config.defaults import default_config
from jaxsparse.config.resolve import resolve, settle_steps
from jaxsparse.updaters.rigl import rigl


def settled(updater='rigl', **top):
  config = default_config(updater=updater)
  config.num_steps = 20
  config.update(top)
  return settle_steps(resolve(config), 1000)


BASE = settled()


def test_the_digest_is_of_the_values_not_of_their_order():
  backwards = dict(reversed(BASE.items()))
  backwards['updater'] = dict(reversed(BASE['updater'].items()))
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
    ('model', 'features', (300, 101)),
    ('data', 'name', 'mnist'),
  ],
)
def test_another_value_is_another_run(section, field, value):
  other = BASE | (
    {section: BASE[section] | {field: value}} if section else {field: value}
  )
  old = BASE[section][field] if section else BASE[field]
  assert identity.digest(other) != identity.digest(BASE)
  name = f'{section}.{field}' if section else field
  (line,) = identity.differences(BASE, other)
  assert line.startswith(f'config.{name}: ')
  shown = [list(v) if isinstance(v, tuple) else v for v in (old, value)]
  assert line.endswith(f'{shown[0]!r} -> {shown[1]!r}')


@pytest.mark.parametrize(
  ('section', 'field', 'value'),
  [('data', 'dir', '/elsewhere'), ('checkpoint', 'keep', 9)],
)
def test_where_data_lie_and_what_is_kept_make_no_other_run(
  section, field, value
):
  other = BASE | {section: BASE[section] | {field: value}}
  assert identity.digest(other) == identity.digest(BASE)
  assert identity.differences(BASE, other) == []


def test_a_fraction_and_the_step_that_it_means_are_one_run():
  config = default_config()
  config.num_steps = 20
  config.updater.stop_step = 15
  other = settle_steps(resolve(config), 1000)
  assert identity.digest(other) == identity.digest(BASE)


def test_what_json_gives_back_is_the_same_run():
  again = json.loads(identity.to_json(BASE))
  assert identity.differences(again, BASE) == []
  assert identity.digest(again) == identity.digest(BASE)
  assert identity.jsonable(BASE) == again


def test_a_function_goes_by_its_dotted_path():
  with_function = settled(updater=rigl)
  path = 'jaxsparse.updaters.rigl.rigl'
  assert identity.jsonable(with_function)['updater']['name'] == path
  assert identity.digest(with_function) == identity.digest(settled(path))


def test_a_field_that_is_new_renames_nothing():
  old = BASE | {'eval': {k: v for k, v in BASE['eval'].items() if k != 'split'}}
  assert identity.digest(old) == identity.digest(BASE)
  assert identity.differences(old, BASE) == []


def test_a_value_that_was_a_default_once_is_another_run():
  old = BASE | {'log_interval': 99}
  (line,) = identity.differences(old, BASE)
  assert line == 'config.log_interval: 99 -> 100'


def test_functions_that_have_no_name_are_refused():
  named = BASE | {'updater': BASE['updater'] | {'name': lambda counts: None}}
  with pytest.raises(ValueError, match='no name that could be found again'):
    identity.to_json(named)


def test_the_whole_digest_tells_a_default_that_has_changed(monkeypatch):
  other = BASE | {'log_interval': 99}
  whole = identity.whole_digest(BASE)
  assert whole != identity.whole_digest(other)
  monkeypatch.setattr(identity.config_lib, 'default_config', None)
  assert identity.whole_digest(json.loads(identity.to_json(BASE))) == whole
  assert len(whole) == 12
