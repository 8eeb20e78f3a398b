import numpy as np
import pytest

from jaxsparse.analyses.effective_sparsity import effective_sparsity
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import load_params


@pytest.fixture(scope='module')
def run(make_config, tmp_path_factory):
  """A run of 24 active weights in 64-16-10, some of them on no path."""
  root = tmp_path_factory.mktemp('effective') / 'run'
  train(make_config('static', updater__sparsity=0.98), root, plots=False)
  return root


def test_weights_without_a_path_count_as_pruned(run, draw):
  found = effective_sparsity([run], step=0)
  _, masks = load_params(run / 'checkpoints' / '0')
  first, second = (np.asarray(masks[f'Dense_{i}']['kernel']) for i in (0, 1))
  fed, read = first.any(axis=0), second.any(axis=1)
  counts = [int((first & read[None]).sum()), int((second & fed[:, None]).sum())]
  active = [int(first.sum()), int(second.sum())]
  assert 0 < sum(counts) < sum(active)
  total = 64 * 16 + 16 * 10
  assert found.numbers == {
    'effective_sparsity': pytest.approx(1 - sum(counts) / total),
    'direct_sparsity': pytest.approx(1 - sum(active) / total),
    'empty_layers': 0,
    'connected_outputs': pytest.approx(second[fed].any(axis=0).mean()),
  }
  table = found.table
  assert table['layer'].tolist() == ['Dense_0/kernel', 'Dense_1/kernel']
  assert table['effective'].tolist() == counts
  assert table['active'].tolist() == active
  assert table['weights'].tolist() == [64 * 16, 16 * 10]
  (ax,) = draw(effective_sparsity, (found, 'static')).figure.axes
  heights = [bar.get_height() for bar in ax.patches]
  assert heights == (table['effective'] / table['weights']).tolist()
  (marks,) = ax.collections
  shown = [line[0][1] for line in marks.get_segments()]
  assert shown == (table['active'] / table['weights']).tolist()


def test_a_dense_net_has_none(runs):
  found = effective_sparsity([runs.pruned], step=0).numbers
  assert found['effective_sparsity'] == found['direct_sparsity'] == 0
  assert found['connected_outputs'] == 1
