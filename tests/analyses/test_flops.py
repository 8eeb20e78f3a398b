"""What the layers of a finished run cost."""

import json

import numpy as np
import pytest

from jaxsparse.analyses.flops import flops
from jaxsparse.runs import costs
from jaxsparse.runs.finished import load
from jaxsparse.training.checkpoints import load_params

PATHS = ['Dense_0/kernel', 'Dense_1/kernel']


def active(root, step):
  """Active weights of 64 x 16 and 16 x 10."""
  masks = load_params(root / 'checkpoints' / str(step))[1]
  kernels = (np.asarray(masks[f'Dense_{i}']['kernel']) for i in range(2))
  return [np.count_nonzero(mask) for mask in kernels]


def test_layers_and_sums(runs):
  found = flops([runs.rigl])
  kept = active(runs.rigl, 30)
  table = {name: column.tolist() for name, column in found.table.items()}
  assert table == {
    'layer': PATHS,
    'shape': ['64x16', '16x10'],
    'sparsity': [1 - kept[0] / 1024, 1 - kept[1] / 160],
    'active': kept,
    'weights': [1024, 160],
    'flops': kept,
    'dense_flops': [1024, 160],
  }
  total = sum(kept)
  summary = json.loads((runs.rigl / 'summary.json').read_text())
  assert found.numbers == {
    'inference_flops': pytest.approx(total / 1184),
    'training_flops': summary['training_flops'],
    'forward_flops': total,
    'dense_forward_flops': 1184,
    # Biases are 26 weights.
    'dense_bytes': 4 * (1184 + 26),
    'bitmask_bytes': 4 * (total + 26) + 1024 // 8 + 160 // 8,
    'csr_bytes': 4 * (2 * total + 26 + 16 + 1 + 10 + 1),
  }
  assert summary['inference_flops'] == found.numbers['inference_flops']


def test_the_text_is_the_table_with_its_sums(runs):
  found = flops([runs.rigl])
  kept = active(runs.rigl, 30)
  rows = [line.split() for line in found.text.splitlines()]
  assert rows[1:] == [
    [
      PATHS[0],
      '64x16',
      f'{1 - kept[0] / 1024:.4f}',
      str(kept[0]),
      '1,024',
      str(kept[0]),
      '1,024',
    ],
    [PATHS[1], '16x10', f'{1 - kept[1] / 160:.4f}', *[str(kept[1]), '160'] * 2],
    ['all', f'{1 - sum(kept) / 1184:.4f}', *[str(sum(kept)), '1,184'] * 2],
  ]


def test_a_step_has_its_own_masks_and_the_run_one_cost_of_training(runs):
  # Pruning begins dense.
  first, last = flops([runs.pruned], step=0), flops([runs.pruned])
  assert first.numbers['inference_flops'] == 1
  assert last.numbers['inference_flops'] == pytest.approx(
    sum(active(runs.pruned, 30)) / 1184
  )
  shares = [found.numbers['training_flops'] for found in (first, last)]
  assert last.numbers['inference_flops'] < shares[0] == shares[1] < 1


@pytest.mark.parametrize('name', ['pruned', 'rigl'])
def test_training_cost_what_it_was_planned_to(runs, name):
  root = getattr(runs, name)
  planned = costs.planned_training(load(root).experiment)
  summary = json.loads((root / 'summary.json').read_text())
  assert summary['training_flops'] == float(planned)


def test_multiplications_additions_biases_and_relus(runs):
  found = flops([runs.rigl], convention='micronet')
  kept = active(runs.rigl, 30)
  assert found.table['flops'].tolist() == [2 * kept[0] + 16, 2 * kept[1] + 10]
  dense = 2 * 1184 + 26
  assert found.numbers['dense_forward_flops'] == dense
  sparse = found.numbers['inference_flops'] * dense
  np.testing.assert_allclose(sparse, 2 * sum(kept) + 26)


def test_other_conventions_are_refused(runs):
  with pytest.raises(ValueError, match="'micronets'.*Did you mean 'micronet'"):
    flops([runs.rigl], convention='micronets')
