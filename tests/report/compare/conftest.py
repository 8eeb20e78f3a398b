import json

import pytest

from jaxsparse.config import identity
from jaxsparse.config.lengths import in_steps
from jaxsparse.config.resolve import resolve
from jaxsparse.runs import workdir


@pytest.fixture
def make_run(make_config, tmp_path):
  """A workdir written by hand: `make_run('a', 0.5, seed=3)`.

  Without an accuracy it has no summary. The curve climbs to the accuracy.
  """

  def make(name, accuracy=None, updater='rigl', **fields):
    config = in_steps(resolve(make_config(updater, **fields)), examples=1442)
    root = tmp_path / name
    root.mkdir(parents=True)
    digest = identity.digest(config)
    text = identity.to_json({'digest': digest, 'config': config})
    (root / workdir.CONFIG).write_text(text)
    if accuracy is None:
      return root
    records = [
      {'step': step, 'eval_accuracy': share * accuracy}
      for step, share in ((0, 0.1), (30, 1.0))
    ]
    (root / workdir.METRICS).write_text(
      ''.join(json.dumps(record) + '\n' for record in records)
    )
    summary = {
      'test_accuracy': accuracy,
      'sparsity': config.updater.sparsity,
      'layer_sparsity': {'Dense_0/kernel': 0.25},
      'config_digest': digest,
    }
    (root / workdir.SUMMARY).write_text(json.dumps(summary))
    return root

  return make
