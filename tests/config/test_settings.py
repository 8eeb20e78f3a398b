"""What `--sweep` and `--search` say of fields, read with their types."""

import pytest

from jaxsparse.config import overrides
from jaxsparse.config.defaults import default_config


def known(*said, updater='rigl'):
  config = default_config(updater=updater)
  config.num_steps = 10
  fields = overrides.by_field(said, 'sweep')
  return overrides.current_values(config, fields, 'sweep')


def test_each_text_is_one_field_and_what_is_said_of_it():
  said = ['config.updater.sparsity=0.5,0.8', ' seed = 0:5', 'model.name=a=b']
  assert overrides.by_field(said, 'sweep') == {
    'updater.sparsity': '0.5,0.8',
    'seed': '0:5',
    'model.name': 'a=b',
  }


@pytest.mark.parametrize(
  ('said', 'message'),
  [
    (['seed'], "--sweep: got 'seed'; accepted is config.FIELD=VALUES"),
    (['seed='], '--sweep: got'),
    (['=3'], '--sweep: got'),
    (['seed=3', 'config.seed=4'], '--sweep: config.seed is there twice'),
  ],
)
def test_what_is_no_setting_is_refused(said, message):
  with pytest.raises(ValueError, match=message):
    overrides.by_field(said, 'sweep')


def test_fields_are_those_of_the_method_and_of_those_that_are_swept():
  assert known('updater.sparsity=0.5', 'seed=1') == {
    'updater.sparsity': 0.9,
    'seed': 0,
  }
  with pytest.raises(ValueError, match=r'drop_fraction: no such field'):
    known('updater.drop_fraction=0.5', updater='static')
  found = known(
    'updater.drop_fraction=0.5', 'updater.name=static,rigl', updater='static'
  )
  assert found['updater.drop_fraction'] == 0.3


@pytest.mark.parametrize(
  ('said', 'message'),
  [
    ('updater.sparsty=1', "Did you mean 'updater.sparsity'"),
    ('sparsity=1', 'config.sparsity: no such field'),
    ('updater.name=rigl,sett', "config.updater.name: .*'sett'.*'set'"),
  ],
)
def test_an_unknown_field_or_name_says_the_nearest(said, message):
  with pytest.raises(ValueError, match=message):
    known(said)


@pytest.mark.parametrize(
  ('field', 'text', 'like', 'expected'),
  [
    ('updater.sparsity', '0.5,0.80', 0.9, (0.5, 0.8)),
    ('updater.sparsity', '0', 0.9, (0.0,)),
    ('updater.sparsity', '0.5,0.5', 0.9, (0.5,)),
    ('seed', '0:5', 0, (0, 1, 2, 3, 4)),
    ('seed', '7,0:6:2', 0, (7, 0, 2, 4)),
    ('batch_size', '64:16:-16', 1, (64, 48, 32)),
    ('num_steps', '100,200', None, (100, 200)),
    ('num_steps', '100:300:100', None, (100, 200)),
    ('num_steps', 'none', None, (None,)),
    ('updater.name', "set,'rigl'", 'rigl', ('set', 'rigl')),
    ('data.name', '1', 'digits', ('1',)),
    ('data.dir', 'a:b,none', '', ('a:b', 'none')),
    ('model.features', '(300,100),(10,)', (1,), ((300, 100), (10,))),
    ('model.features', '[8, 9]', (1,), ((8, 9),)),
    ('optimizer.nesterov', 'true,False', False, (True, False)),
  ],
)
def test_values_have_the_type_of_the_field(field, text, like, expected):
  found = overrides.values(field, text, like)
  assert found == expected
  assert [type(v) for v in found] == [type(v) for v in expected]


@pytest.mark.parametrize(
  ('field', 'text', 'like', 'message'),
  [
    ('updater.sparsity', 'high', 0.9, "got 'high'; accepted is a float"),
    ('updater.sparsity', '0.5,', 0.9, "got ''; accepted is a float"),
    ('updater.sparsity', 'inf', 0.9, 'config.updater.sparsity: got '),
    ('updater.sparsity', '0:5', 0.9, "got '0:5'; accepted is a float"),
    ('seed', '0.5', 0, 'config.seed: got 0.5; accepted is an int'),
    ('seed', '5:0', 0, 'config.seed: the range 5:0 is empty'),
    ('seed', '0:5:0', 0, 'config.seed: the range 0:5:0 is empty'),
    ('batch_size', '0', 1, 'config.batch_size: got 0; accepted is an int >= 1'),
    ('num_steps', 'many', None, "got 'many'; accepted is an int"),
    ('optimizer.learning_rate', '-1', 0.1, 'got -1.0; accepted is > 0'),
    ('model.features', '300', (1,), 'got 300; accepted is a tuple'),
    ('optimizer.nesterov', '1', False, 'got 1; accepted is a bool'),
  ],
)
def test_a_value_that_is_not_accepted_names_the_field(
  field, text, like, message
):
  with pytest.raises(ValueError, match=message):
    overrides.values(field, text, like)
