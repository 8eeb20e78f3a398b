import json

import pytest

from jaxsparse.config import identity
from jaxsparse.config.lengths import in_steps
from jaxsparse.config.resolve import resolve
from jaxsparse.runs import workdir


@pytest.fixture
def make_run(make_config, tmp_path):
  """A workdir written by hand: `make_run('a', [0.5, None], seed=3)`.

  Without accuracies it has no summary. The curve climbs to the accuracy.
  """

  def make(name, accuracies=None, updater='rigl', **fields):
    replicates = len(accuracies or [0])
    fields = {'replicates': replicates, **fields}
    config = in_steps(resolve(make_config(updater, **fields)), examples=1442)
    root = tmp_path / name
    root.mkdir(parents=True)
    digest = identity.digest(config)
    text = identity.to_json({'digest': digest, 'config': config})
    (root / workdir.CONFIG).write_text(text)
    if accuracies is None:
      return root
    records = [
      {'step': step, 'replicate': i, 'eval_accuracy': share * value}
      for step, share in ((0, 0.1), (30, 1.0))
      for i, value in enumerate(accuracies)
      if value is not None
    ]
    (root / workdir.METRICS).write_text(
      ''.join(json.dumps(record) + '\n' for record in records)
    )
    summary = {
      'test_accuracy': {'mean': None, 'std': None, 'values': accuracies},
      'sparsity': config.updater.sparsity,
      'layer_sparsity': {'Dense_0/kernel': 0.25},
      'replicates': replicates,
      'failed': {str(i): 9 for i, v in enumerate(accuracies) if v is None},
      'config_digest': digest,
    }
    (root / workdir.SUMMARY).write_text(json.dumps(summary))
    return root

  return make
