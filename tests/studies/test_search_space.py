"""What a search draws, as distributions of Optuna; and how it is judged."""

import numpy as np
import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from jaxsparse.config.defaults import default_config
from jaxsparse.studies import search_space


def config():
  made = default_config(updater='rigl')
  made.num_steps = 10
  return made


@pytest.mark.parametrize(
  ('flag', 'distribution'),
  [
    (
      'config.optimizer.learning_rate=log:0.01:1',
      FloatDistribution(0.01, 1.0, log=True),
    ),
    ('updater.drop_fraction=0.1:0.5', FloatDistribution(0.1, 0.5)),
    (
      'updater.update_interval=int:25:200:25',
      IntDistribution(25, 200, step=25),
    ),
    ('updater.update_interval=25:200', IntDistribution(25, 200)),
    ('batch_size=log:16:512', IntDistribution(16, 512, log=True)),
  ],
)
def test_a_range_of_numbers(flag, distribution):
  ((_, dimension),) = search_space.space(config(), [flag]).items()
  assert dimension.distribution == distribution
  assert dimension.value(distribution.low) == distribution.low


@pytest.mark.parametrize(
  ('flag', 'choices'),
  [
    ('updater.update_interval=25,50,100', (25, 50, 100)),
    ('updater.drop_schedule=cosine,constant', ('cosine', 'constant')),
    ('model.features=(8,8),(16,)', ((8, 8), (16,))),
  ],
)
def test_choices_are_stored_as_text(flag, choices):
  ((_, dimension),) = search_space.space(config(), [flag]).items()
  texts = dimension.distribution.choices
  assert texts == tuple(str(choice) for choice in choices)
  assert tuple(dimension.value(text) for text in texts) == choices


@pytest.mark.parametrize(
  ('said', 'message'),
  [
    ('updater.drop_fractio=0.1:0.5', "Did you mean 'updater.drop_fraction'"),
    ('updater.drop_fraction=0.5:0.1', 'the low end below the high one'),
    ('updater.drop_fraction=0.5', 'accepted is LOW:HIGH'),
    ('updater.drop_fraction=0.1:0.5:0.1', 'accepted is LOW:HIGH'),
    ('updater.drop_fraction=log:0:0.5', r'above 0 under log'),
    ('updater.drop_fraction=int:1:2', 'accepted is LOW:HIGH'),
    ('updater.drop_fraction=low:high', "got 'low'; accepted is a float"),
    ('updater.update_interval=0:50', 'got 0; accepted is an int >= 1'),
    ('updater.update_interval=int:25:200:0', 'accepted is LOW:HIGH'),
    ('updater.drop_schedule=a:b', 'accepted is LOW:HIGH'),
    ('seed=0:5', 'every trial has the same seeds'),
    ('data.validation=0.1:0.5', 'every trial has the same seeds'),
  ],
)
def test_what_is_no_space_is_refused(said, message):
  with pytest.raises(ValueError, match=message):
    search_space.space(config(), [said])


def test_a_point_is_given_as_flags():
  point = {'optimizer.learning_rate': 0.1, 'updater.update_interval': 25}
  assert search_space.command_line(point) == (
    '--config.optimizer.learning_rate=0.1 --config.updater.update_interval=25'
  )


def test_a_search_needs_a_validation_split_and_sweeps_seeds_alone():
  config = default_config()
  with pytest.raises(ValueError, match=r'data.validation: got 0.0; .* never'):
    search_space.judge(config, ['seed'])
  config.data.validation = 0.2
  assert search_space.judge(config, ['seed']) == 'validation_accuracy'
  with pytest.raises(ValueError, match='accepted is config.seed alone'):
    search_space.judge(config, ['seed', 'updater.sparsity'])


def test_a_text_is_judged_on_the_validation_split_that_it_has(tmp_path):
  config = default_config(model='gru_lm')
  for name, splits in (('both', ('validation', 'test')), ('one', ('test',))):
    (tmp_path / name).mkdir()
    for split in ('train', *splits):
      (tmp_path / name / f'{split}.txt').write_bytes(bytes(range(50)))
  config.data.update(name='both', dir=str(tmp_path), sequence_length=8)
  assert search_space.judge(config, ['seed']) == 'validation_bits'
  config.data.name = 'one'
  with pytest.raises(ValueError, match="got 'one', which has one split beside"):
    search_space.judge(config, ['seed'])
  config.data.update(name='both', validation=0.2)
  with pytest.raises(ValueError, match=r'config\.data: validation is 0.2'):
    search_space.judge(config, ['seed'])


def test_own_data_are_judged_on_the_validation_split_that_they_have(tmp_path):
  examples = {'x_train': np.eye(3), 'y_train': np.arange(3)}
  examples |= {'x_test': np.eye(3), 'y_test': np.arange(3)}
  np.savez(tmp_path / 'one.npz', **examples)
  validation = {'x_val': np.eye(3), 'y_val': np.arange(3)}
  np.savez(tmp_path / 'both.npz', **examples, **validation)
  config = default_config()
  config.data.update(name='both.npz', dir=str(tmp_path))
  assert search_space.judge(config, ['seed']) == 'validation_accuracy'
  config.data.name = 'one.npz'
  with pytest.raises(ValueError, match=r'data.validation: got 0.0; .* never'):
    search_space.judge(config, ['seed'])
