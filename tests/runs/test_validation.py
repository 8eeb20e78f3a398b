"""With a validation split the end is scored on both splits, each as it is."""

import json

from jaxsparse.runs.train import train


def test_the_last_evaluation_is_the_validation_accuracy(make_config, tmp_path):
  config = make_config(data__validation=100.0)
  config.optimizer.learning_rate = 0.05
  made = train(config, tmp_path / 'run', plots=False)
  lines = (tmp_path / 'run' / 'metrics.jsonl').read_text().splitlines()
  (last,) = (r for r in map(json.loads, lines) if r['step'] == 30)
  found = made['validation_accuracy']
  assert found == last['eval_accuracy']
  assert found != made['test_accuracy']
  assert round(100 * found, 6) % 1 == 0  # Of 100 images.
