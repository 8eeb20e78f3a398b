"""What a search draws, against a trial that only notes what it is asked."""

import pytest

from jaxsparse.config.defaults import default_config
from jaxsparse.studies import search_space


class Noting:
  """Stands for an Optuna trial: gives the low end, or the last choice."""

  def __init__(self):
    self.asked = []

  def suggest_float(self, name, low, high, *, log):
    self.asked.append((name, 'float', low, high, log))
    return low

  def suggest_int(self, name, low, high, *, step, log):
    self.asked.append((name, 'int', low, high, step, log))
    return low

  def suggest_categorical(self, name, choices):
    self.asked.append((name, 'choice', tuple(choices)))
    return choices[-1]


def config():
  made = default_config(updater='rigl')
  made.num_steps = 10
  return made


@pytest.mark.parametrize(
  ('said', 'asked', 'drawn'),
  [
    (
      'config.optimizer.learning_rate=log:0.01:1',
      ('optimizer.learning_rate', 'float', 0.01, 1.0, True),
      0.01,
    ),
    (
      'updater.drop_fraction=0.1:0.5',
      ('updater.drop_fraction', 'float', 0.1, 0.5, False),
      0.1,
    ),
    (
      'updater.update_interval=int:25:200:25',
      ('updater.update_interval', 'int', 25, 200, 25, False),
      25,
    ),
    (
      'updater.update_interval=25:200',
      ('updater.update_interval', 'int', 25, 200, 1, False),
      25,
    ),
    ('batch_size=log:16:512', ('batch_size', 'int', 16, 512, 1, True), 16),
    (
      'updater.update_interval=25,50,100',
      ('updater.update_interval', 'choice', (0, 1, 2)),
      100,
    ),
    (
      'updater.drop_schedule=cosine,constant',
      ('updater.drop_schedule', 'choice', (0, 1)),
      'constant',
    ),
    (
      'model.features=(8,8),(16,)',
      ('model.features', 'choice', (0, 1)),
      (16,),
    ),
  ],
)
def test_a_text_is_what_is_drawn(said, asked, drawn):
  ((field, dimension),) = search_space.space(config(), [said]).items()
  trial = Noting()
  assert dimension.suggest(trial, field) == drawn
  assert trial.asked == [asked]


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
