"""Losses and metrics by name, and those of the user by dotted path."""

import json
import sys
import types

import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.metrics import Metric
from jaxsparse.results.metrics import metric
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train
from jaxsparse.training import metrics as records
from jaxsparse.training.task import supervised


def hinge(module):
  """The multi-class hinge loss, with a margin of 1."""

  def loss(logits, labels):
    own = jnp.take_along_axis(logits, labels[..., None], axis=-1)
    margins = jnp.maximum(0, 1 + logits - own)
    return jnp.sum(margins, axis=-1) - 1

  return supervised(module, loss)


def confidence():
  return Metric(
    'confidence', 'share beyond the margin', 100.0, '%', terms=_beyond
  )


def _beyond(logits, labels, losses):
  return losses == 0


@pytest.fixture
def own(monkeypatch):
  """A module of the user's, importable by its name."""
  module = types.ModuleType('my_losses')
  module.hinge, module.confidence = hinge, confidence
  monkeypatch.setitem(sys.modules, 'my_losses', module)
  module.__spec__ = types.SimpleNamespace(name='my_losses')
  return module


def test_a_run_records_what_its_metrics_measure(own, make_config, tmp_path):
  config = make_config(
    task='my_losses.hinge',
    metrics=('accuracy', 'per_class_accuracy', 'my_losses.confidence'),
  )
  summary = train(config, tmp_path / 'run', plots=False)
  names = ('accuracy', 'per_class_accuracy', 'confidence')
  assert {f'test_{name}' for name in names} <= summary.keys()
  lines = records.read(tmp_path / 'run' / 'metrics.jsonl')
  (last,) = (r for r in lines if r['step'] == 30 and 'eval_loss' in r)
  by_class = last['eval_per_class_accuracy']
  assert by_class.keys() == {'mean', *map(str, range(10))}
  assert by_class['mean'] == pytest.approx(
    np.mean([by_class[str(c)] for c in range(10)])
  )
  assert 0 <= last['eval_confidence'] <= last['eval_accuracy'] <= 1
  # A hinge loss of 30 steps is far from the cross entropy of a guess.
  assert last['eval_loss'] != pytest.approx(np.log(10), rel=0.1)
  config_json = json.loads((tmp_path / 'run' / 'config.json').read_text())
  assert config_json['config']['metrics'][2] == 'my_losses.confidence'
  assert metric('test_confidence').heading == 'test share beyond the margin (%)'


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'task': 'classifcation'}, 'config.task: .*classification'),
    ({'metrics': ('acuracy',)}, 'config.metrics: .*accuracy'),
    ({'metrics': ('accuracy', 'accuracy')}, 'names that differ'),
    ({'metrics': (3,)}, 'config.metrics: got .*accepted is names of metrics'),
    (
      {'task': 'my_losses.hinge', 'label_smoothing': 0.1},
      'config.label_smoothing: got 0.1; my_losses.hinge takes none',
    ),
  ],
)
def test_what_is_no_task_or_metric_is_refused(
  own, make_config, fields, message
):
  with pytest.raises(ValueError, match=message):
    build(make_config(**fields))
