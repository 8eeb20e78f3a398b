"""Impossible values of every field: one error that names it, and no crash.

Nothing is compiled or read: runs are built without their data.
"""

import math
import re

import ml_collections
import pytest

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.defaults import default_config
from jaxsparse.config.dicts import flat
from jaxsparse.runs import reading
from jaxsparse.runs.build import build

# What is no value of any number, text or tuple, and what is out of all range.
ODD = (-1, 0, 10**12, -0.5, math.nan, math.inf, 'x', True, None, (-1,), ('x',))
SHARE = (-0.1, 1.5, math.nan, 'x', None)
COUNT = (-1, 0, 2**31, 1.5, math.nan, 'x', True, None)
# Field -> values, each of which is to be refused at it.
BASE = {
  **dict.fromkeys(
    (
      *('batch_size', 'log_interval', 'eval.interval'),
      *('checkpoint.interval', 'checkpoint.keep'),
      *('gradient_flow.probe_size', 'updater.update_interval'),
      *('updater.grow_batches', 'data.crop_padding', 'data.cutout_size'),
    ),
    COUNT,
  ),
  **dict.fromkeys(
    (
      *('data.workers', 'data.image_size', 'data.sequence_length'),
      *('optimizer.warmup_steps', 'gradient_flow.interval', 'seed'),
    ),
    (-1, 2**32, 1.5, math.nan, 'x', True),
  ),
  **dict.fromkeys(
    (
      *('updater.sparsity', 'updater.drop_fraction', 'label_smoothing'),
      *('updater.start_fraction', 'updater.stop_fraction'),
      *('data.resized_crop_min_area', 'data.validation'),
    ),
    SHARE,
  ),
  **dict.fromkeys(
    ('optimizer.learning_rate', 'multiplier'),
    (-1.0, 0.0, math.nan, math.inf, 1e39, 'x', None),
  ),
  **dict.fromkeys(
    ('optimizer.weight_decay', 'optimizer.clip_norm'),
    (-1.0, math.nan, math.inf, 'x', None),
  ),
  **dict.fromkeys(
    ('num_steps', 'updater.stop_step'), (-1, 0, 2**31, 1.5, 'x', True)
  ),
  'updater.start_step': (-1, 20, 2**31, 1.5, 'x', True),
  'updater.grow_scale': (math.nan, math.inf, 'x', None),
  # What is more than a split is padded to it.
  'eval.batch_size': (*COUNT, 2**31 - 1),
  'optimizer.momentum': (-0.1, 1.0, math.nan, 'x', None),
  'optimizer.boundaries': ((0.5,), (-1,), ('x',), 0.5),
  'optimizer.scales': ((0.5,), (-1,), ('x',), 0.5),
  'data.mean': ((math.nan,), (1e39,), ('x',), (0.1, 0.2), 0.5),
  'data.std': ((0.0,), (-1.0,), (math.nan,), (True,), 0.5),
  'updater.structure_size': ((4,), (-1,), ('x',), 4),
  'updater.layers': (('*=1',), ('*=nan',), ('*',), (3,), ('none=0.5',)),
  'checkpoint.keep_steps': ((-1,), (21,), (1.5,), 3),
  'model.features': ((0,), (-1,), (1.5,), ('x',), (2**31 - 1,), 3),
  # Of other models and methods than the config's own.
  'model.dropout': (2,),
  'model.depth': (23,),
  'updater.momentum': (0.5,),
}
MODELS = {
  'resnet': {'depth': (23, 0, -1, 2**31 - 6), 'width': (0, -1, 1e12, 'x')},
  'wide_resnet': {
    'depth': (23, 4, -2, 2**31 - 6),
    'width': (0, -1, math.nan, 1e12),
    'dropout': (2, 1, -0.1, math.nan),
    'stem_channels': (0, -1, 2**30),
  },
  'conv_net': {'depth': (3, 0, -1), 'width': (0, -1)},
  'vgg': {'depth': (15, -1), 'pools': (0, 6, -1), 'width': (0, -1)},
  'mobilenet': {'version': (0, 3, -1), 'width': (0, -1)},
  'vit': {
    'patch_size': (0, -1, 5, 64),
    'depth': (0, -1, 10**9),
    'embed_dim': (0, -4, 6),
    'num_heads': (0, -1, 5),
    'mlp_dim': (0, -1, 2**30),
  },
  'lenet5': {'features': ((6, 16, 120), (6, 16, 120, 0))},
  'gru_lm': {'units': (0, -1), 'embed_dim': (0, -1), 'readout': (0, -1)},
}
UPDATERS = {
  'snfs': {'momentum': (-0.1, 1.0, math.nan)},
  'rigl_sm': {'momentum': (-0.1, 1.0)},
  'dsr': {'drop_fraction': (-0.1, 1.5), 'tolerance': (-0.1, 1.5)},
  'granet': {'initial_fraction': (-0.1, 1.5), 'drop_fraction': (-0.1, 1.5)},
  'topkast': {'exploration': (-0.1, 1.5), 'penalty': (-1.0, math.inf)},
  'deep_r': {'l1': (-1.0, math.nan), 'noise': (-1.0, math.nan)},
  'ste': {'decay': (-1.0, math.nan)},
  'srigl': {'saliency': (-0.1, 1.5), 'keep_units': (('x',), (-1,), (None,))},
}
OPTIMIZERS = {
  'adam': {'b1': (-1, 1, 2), 'b2': (-0.1, 1.0), 'eps': (-1,)},
  'rmsprop': {'decay': (-1, 1, 2), 'momentum': (1.0, -1, 'x', (0.5,), True)},
  'adagrad': {'initial_accumulator_value': (-1.0, math.nan)},
  'adadelta': {'rho': (-0.1, 1.5), 'eps': (-1.0,)},
}
INITS = {'sparse': {'scale': (0, -1.0, math.nan, 'x')}}
# Said of a leaf that a size makes too large, and of a pattern of leaves.
OF_LEAVES = (
  *('weights; accepted are at most', "the sparsity of '*' is"),
  "'none' fits none of the selected leaves",
)


def config_of(section='updater', name='rigl'):
  """A small config; with a method, model or optimiser of its own."""
  config = default_config(**{section: name})
  config.num_steps, config.checkpoint.keep_steps = 20, ()
  config.updater.sparsity = 0.0 if name == 'dense' else 0.5
  if name == 'gru_lm':
    config.data.update(name='tiny_shakespeare', sequence_length=16)
  elif section == 'model':
    config.data.name = 'cifar10'
  if 'stem' in config.model:
    config.model.stem = 'cifar'
  return config


def given(config, field, value):
  """`config` with a value of whatever type at a dotted field."""
  plain = config.to_dict()
  *sections, last = field.split('.')
  target = plain
  for section in sections:
    target = target[section]
  target[last] = value
  return ml_collections.ConfigDict(plain, type_safe=False)


def refusal(config, field, value):
  """What is said of a value; fails if it is accepted."""
  with pytest.raises(ValueError, match=r'config\.') as error:
    build(given(config, field, value), reading.describe)
  return str(error.value)


def is_named(field, said):
  """Whether what is said has the field's own name, or that of its leaf."""
  *_, name = field.split('.')
  return re.search(rf'\b{name}\b', said) or any(t in said for t in OF_LEAVES)


@pytest.mark.parametrize('field', BASE)
def test_a_field_refuses_what_cannot_be(field):
  config, section = config_of(), field.partition('.')[0]
  for value in BASE[field]:
    said = refusal(config, field, value)
    assert f'config.{section}' in said, (value, said)
    assert is_named(field, said), (value, said)


@pytest.mark.parametrize(
  ('section', 'name'),
  [
    *(('model', name) for name in MODELS),
    *(('updater', name) for name in UPDATERS),
    *(('optimizer', name) for name in OPTIMIZERS),
    *(('init', name) for name in INITS),
  ],
)
def test_what_a_function_brings_is_held_to_what_it_takes(section, name):
  tables = (MODELS, UPDATERS, OPTIMIZERS, INITS)
  (fields,) = (table[name] for table in tables if name in table)
  config = config_of(section, name)
  for field, values in fields.items():
    for value in values:
      said = refusal(config, f'{section}.{field}', value)
      assert said.startswith(f'config.{section}'), (field, value, said)
      assert is_named(field, said), (field, value, said)


def test_every_model_stands_in_the_table():
  assert {'mlp', *MODELS} == set(config_lib.names('model'))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
  """`digits` is prepared in whatever folder a config names."""
  monkeypatch.chdir(tmp_path)


def said_of(config, field, value):
  """What is said of a value, if it is refused."""
  try:
    build(given(config, field, value), reading.describe)
  except ValueError as error:
    return str(error)
  return None


@pytest.mark.parametrize(
  'section', sorted(set(default_config()) - {'made_for'})
)
def test_no_field_can_make_a_config_crash(section):
  config, refused = config_of(), 0
  for field in flat(config.to_dict()):
    if field.partition('.')[0] == section:
      for value in ODD:
        said = said_of(config, field, value)
        assert said is None or 'config.' in said, (field, value, said)
        refused += said is not None
  assert refused >= len(ODD) // 2


def test_a_padding_is_held_against_the_images_that_are_padded():
  config = config_of()
  config.data.augment = ('crop', 'cutout')
  assert 'side of an image of 8x8' in refusal(config, 'data.crop_padding', 8)
  for padding in (1, 4, 7):
    build(given(config, 'data.crop_padding', padding), reading.describe)


def test_what_is_said_of_an_idle_augmentation_may_be_of_larger_images():
  for padding in (8, 9, 32):
    build(given(config_of(), 'data.crop_padding', padding), reading.describe)
  for value in (0, -1):
    said = refusal(config_of(), 'data.crop_padding', value)
    assert said.startswith(
      f'config.data.crop_padding: crop: padding is {value}'
    )


def test_what_is_said_of_images_is_refused_of_text():
  fields = {
    **{'augment': ('crop', 'flip'), 'mean': (0.5,), 'std': (0.5,)},
    **{'standardize': True, 'crop_padding': 2, 'crop_fill': 'zeros'},
    **{'resized_crop_min_area': 0.5, 'cutout_size': 8},
  }
  config = config_of('model', 'gru_lm')
  build(config, reading.describe)
  for field, value in fields.items():
    said = refusal(config, f'data.{field}', value)
    assert f"got {field} {value!r}, and 'tiny_shakespeare' is text" in said
  config.data.update(fields)
  with pytest.raises(ValueError, match=r'config\.data: got mean') as error:
    build(config, reading.describe)
  got, accepted = str(error.value).split("'tiny_shakespeare' is text")
  for field, value in fields.items():
    assert f'{field} {value!r}' in got
    usual = default_config().data[field]
    assert f'{field} {usual!r}' in accepted


def test_accepted_depths_are_named():
  config = config_of('model', 'wide_resnet')
  assert '6n + 4 (10, 16, 22' in refusal(config, 'model.depth', 23)
  config = config_of('model', 'resnet')
  said = refusal(config, 'model.depth', 23)
  assert "18, 34, 50, 101, 152, and with stem 'cifar' 6n + 2" in said
