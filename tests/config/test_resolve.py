"""What the fields of a config may be; the rest of bad input is in
`test_bad_input`, where a run is refused."""

import logging
import math

import ml_collections
import numpy as np
import pytest

from jaxsparse.config.defaults import default_config
from jaxsparse.config.dicts import flat, from_dict, to_dict
from jaxsparse.config.resolve import resolve
from jaxsparse.config.run_config import RunConfig
from jaxsparse.runs import reading
from jaxsparse.runs.build import build


def config_with(method='rigl', **fields):
  """A config of 20 steps; `updater__sparsity=x` sets a field of a section."""
  config = default_config(updater=method)
  config.num_steps = 20
  for name, value in fields.items():
    *sections, field = name.split('__')
    target = config
    for section in sections:
      target = target[section]
    target[field] = value
  return config


def test_a_default_config_resolves_to_itself():
  config = config_with()
  expected = config.to_dict()
  del expected['made_for']
  assert to_dict(resolve(config)) == expected
  assert from_dict(RunConfig, expected) == resolve(config)


def test_ints_serve_as_floats_and_lists_as_tuples():
  config = config_with()
  plain = ml_collections.ConfigDict(config.to_dict(), type_safe=False)
  plain.updater.sparsity = 0
  plain.model.features = [8, 4]
  resolved = resolve(plain)
  assert type(resolved.updater.sparsity) is float
  assert resolved.model.hyperparameters['features'] == (8, 4)


@pytest.mark.parametrize(
  ('section', 'field', 'given', 'expected'),
  [
    ('optimizer', 'momentum', np.linspace(0, 0.8, 3)[1], 0.4),
    ('optimizer', 'learning_rate', np.float32(0.5), 0.5),
    ('optimizer', 'scales', (np.float64(0.1),), (0.1,)),
    ('data', 'mean', [np.float32(0.25)], (0.25,)),
    ('updater', 'stop_step', np.arange(18)[17], 17),
    ('model', 'features', tuple(np.array([8, 4])), (8, 4)),
  ],
)
def test_numbers_of_numpy_serve_as_those_of_python(
  section, field, given, expected
):
  """So that jax and `json` meet no others."""
  plain = ml_collections.ConfigDict(config_with().to_dict(), type_safe=False)
  plain.optimizer.update(
    {'schedule': 'piecewise', 'boundaries': (0.5,), 'scales': (0.5,)}
  )
  plain[section][field] = given
  config = build(plain, reading.describe).config
  found = to_dict(config)[section][field]
  assert found == expected
  assert repr(found) == repr(expected)


@pytest.mark.parametrize(
  ('optimizer', 'field', 'value'),
  [
    ('sgd', 'momentum', np.float64(1.5)),
    ('adam', 'b1', np.float64(1.5)),
    ('adam', 'eps', np.float32(-1)),
    ('sgd', 'momentum', np.bool_(False)),
    ('sgd', 'momentum', np.float64('nan')),
  ],
)
def test_numbers_of_numpy_are_held_to_the_same(optimizer, field, value):
  config = default_config(optimizer=optimizer)
  config.num_steps = 20
  plain = ml_collections.ConfigDict(config.to_dict(), type_safe=False)
  plain.optimizer[field] = value
  with pytest.raises(ValueError, match=rf'config\.optimizer\.{field}: got'):
    resolve(plain)


def test_sections_and_fields_left_out_have_their_defaults():
  partial = ml_collections.ConfigDict(
    {'num_steps': 20, 'updater': {'name': 'gmp', 'sparsity': 0.5}}
  )
  expected = config_with('gmp', updater__sparsity=0.5).to_dict()
  del expected['made_for']
  assert to_dict(resolve(partial)) == expected


def test_a_changed_name_brings_its_own_defaults(caplog):
  config = config_with()
  config.optimizer.name = 'adamw'
  config.model.name = 'lenet5'
  with caplog.at_level(logging.INFO, logger='jaxsparse'):
    resolved = resolve(config)
  assert resolved.optimizer.weight_decay == 1e-4
  assert resolved.model.hyperparameters['features'] == (6, 16, 120, 84)
  assert any('weight_decay' in m and 'adamw' in m for m in caplog.messages)


def test_a_changed_name_keeps_what_was_set():
  config = config_with(updater__drop_fraction=0.7)
  config.updater.name = 'set'
  config.optimizer.weight_decay = 0.01
  config.optimizer.name = 'adamw'
  resolved = resolve(config)
  assert resolved.updater.hyperparameters['drop_fraction'] == 0.7
  assert resolved.optimizer.weight_decay == 0.01


def test_fields_of_another_method_are_left_out_and_noted(caplog):
  config = config_with(updater__drop_fraction=0.7)
  config.updater.name = 'gmp'
  with caplog.at_level(logging.INFO, logger='jaxsparse'):
    resolved = resolve(config)
  assert 'drop_fraction' not in resolved.updater.hyperparameters
  assert 'config.updater.drop_fraction does not apply to gmp' in caplog.messages


def test_a_method_named_later_takes_fields_of_its_own():
  config = config_with()
  config.updater.name = 'snfs'
  config.updater.momentum = 0.5
  assert resolve(config).updater.hyperparameters['momentum'] == 0.5


def test_the_config_itself_is_left_alone():
  config = config_with(model__features=(7,))
  before = config.to_dict()
  resolve(config)
  assert config.to_dict() == before


def test_a_hyperparameter_without_a_default_must_be_given():
  def mine(counts, *, strength):
    raise NotImplementedError

  config = config_with(mine)
  with pytest.raises(ValueError, match='config.updater.strength: .* needs'):
    resolve(config)
  config.updater.strength = 0.5
  assert resolve(config).updater.hyperparameters['strength'] == 0.5


@pytest.mark.parametrize(
  ('field', 'value'),
  [
    ('batch_size', None),
    ('batch_size', 8.0),
    ('batch_size', True),
    ('batch_size', len),
    ('model__features', 'wide'),
    ('num_steps', '20'),
    ('num_steps', 20.0),
    ('updater__start_step', 'first'),
    ('updater__sparsity', '0.9'),
    ('updater__drop_schedule', 3),
    ('data__name', 7),
    ('checkpoint__keep_steps', ('a',)),
    ('checkpoint__keep_steps', (-1,)),
    ('init__checkpoint_step', -1),
    ('init__checkpoint_step', True),
    ('init__masks_step', 'last'),
    ('init__shuffle_masks', 1),
    ('updater', 3),
    ('data', 'digits'),
  ],
)
def test_a_wrong_type_is_refused_at_its_field(field, value):
  config = ml_collections.ConfigDict(
    config_with().to_dict(), type_safe=False, allow_dotted_keys=False
  )
  *sections, name = field.split('__')
  target = config
  for section in sections:
    target = target[section]
  target[name] = value
  dotted = field.replace('__', '.')
  with pytest.raises(ValueError, match=f'config.{dotted}: got'):
    resolve(config)


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf, 1e39])
@pytest.mark.parametrize(
  'field',
  [
    *('updater__sparsity', 'updater__drop_fraction', 'data__validation'),
    *('optimizer__learning_rate', 'optimizer__momentum'),
  ],
)
def test_every_number_is_finite(field, value):
  dotted = field.replace('__', '.')
  with pytest.raises(ValueError, match=f'config.{dotted}: got .* finite'):
    resolve(config_with(**{field: value}))


@pytest.mark.parametrize(
  ('field', 'said'),
  [
    ('num_step', "Did you mean 'num_steps'"),
    ('updater__sparsty', "Did you mean 'sparsity'"),
    ('checkpoint__every', 'accepted are interval, keep, keep_steps'),
  ],
)
def test_an_unknown_field_is_refused(field, said):
  dotted = field.replace('__', '.')
  with pytest.raises(ValueError, match=f'config.{dotted}: no such') as error:
    resolve(config_with(**{field: 1}))
  assert said in str(error.value)


@pytest.mark.parametrize(
  ('field', 'value', 'source'),
  [
    ('checkpoint_step', 0, 'checkpoint'),
    ('masks_step', 0, 'masks'),
    ('shuffle_masks', True, 'masks'),
  ],
)
def test_what_is_said_of_a_source_needs_one(field, value, source):
  said = f'config.init.{field}: got {value}, .* config.init.{source}; .* not'
  with pytest.raises(ValueError, match=said):
    resolve(config_with(**{f'init__{field}': value}))
  given = {f'init__{field}': value, f'init__{source}': 'somewhere'}
  assert getattr(resolve(config_with(**given)).init, field) is value


def test_counts_are_of_masks_that_there_are():
  with pytest.raises(
    ValueError, match=r'init\.counts: got .masks., .* neither'
  ):
    resolve(config_with(init__counts='masks'))
  for source in ('checkpoint', 'masks'):
    given = {'init__counts': 'masks', f'init__{source}': 'somewhere'}
    assert resolve(config_with(**given)).init.counts == 'masks'
  with pytest.raises(ValueError, match='accepted is updater, masks'):
    resolve(config_with(init__counts='mask', init__masks='somewhere'))


def test_flat_names_every_value_by_its_dotted_field():
  tree = {'a': 1, 'b': {'c': 2, 'd': {'e': (3,)}}, 'empty': {}}
  fields = flat(tree)
  assert fields == {'a': 1, 'b.c': 2, 'b.d.e': (3,), 'empty': {}}


@pytest.mark.parametrize('field', ['checkpoint', 'masks'])
@pytest.mark.parametrize(
  ('given', 'placed'),
  [
    ('runs/a', '/there/runs/a'),
    ('../a', '/a'),
    ('/runs/a', '/runs/a'),
    ('~/a', '/home/me/a'),
    ('run:a', 'run:a'),
    ('gs://bucket/a', 'gs://bucket/a'),
    ('', ''),
  ],
)
def test_a_source_is_the_same_wherever_the_command_is_typed(
  monkeypatch, field, given, placed
):
  monkeypatch.setenv('HOME', '/home/me')
  monkeypatch.setattr('os.getcwd', lambda: '/there')
  found = resolve(config_with(**{f'init__{field}': given}))
  assert getattr(found.init, field) == placed


@pytest.mark.parametrize(
  ('name', 'folder', 'expected'),
  [
    ('./pets', '', '/there/pets'),
    ('../pets/', '', '/pets'),
    ('~/pets', '/data', '/home/me/pets'),
    ('/pets', '', '/pets'),
    ('sub/mine.npz', '', '/there/sub/mine.npz'),
    ('sub/mine.npz', '/data', 'sub/mine.npz'),
    ('mnist/3.0.1', '', 'mnist/3.0.1'),
    ('my.module.function', '', 'my.module.function'),
  ],
)
def test_own_data_are_the_same_wherever_the_command_is_typed(
  monkeypatch, name, folder, expected
):
  monkeypatch.setenv('HOME', '/home/me')
  monkeypatch.setattr('os.getcwd', lambda: '/there')
  run = resolve(config_with(data__name=name, data__dir=folder))
  assert run.data.name == expected
