import numpy as np
import pytest

from jaxsparse.analyses.mask_overlap import mask_overlap
from jaxsparse.training.checkpoints import save_params


def saved(path, masks):
  params = {'kernel': np.ones((2, 3), np.float32)}
  masks = None if masks is None else {'kernel': np.asarray(masks, bool)}
  save_params(path, params, masks)
  return path


def test_it_reads_the_masks_of_two_members(tmp_path):
  a = saved(tmp_path / 'a', [[1, 1, 0], [0, 0, 0]])
  b = saved(tmp_path / 'b', [[1, 0, 1], [1, 0, 0]])
  assert mask_overlap([a, b]).numbers == {'mask_overlap': 1 / 4}
  assert mask_overlap([a, a]).numbers == {'mask_overlap': 1.0}


def test_each_two_of_three_seeds(tmp_path):
  masks = {
    'a': [[1, 1, 0], [0, 0, 0]],
    'b': [[1, 0, 1], [1, 0, 0]],
    'c': [[1, 1, 1], [1, 0, 0]],
  }
  seeds = [saved(tmp_path / name, mask) for name, mask in masks.items()]
  found = mask_overlap(seeds)
  of_pairs = [1 / 4, 2 / 4, 3 / 4]
  assert found.numbers['mask_overlap'] == {
    'mean': 1 / 2,
    'std': pytest.approx(1 / 4),
    'values': of_pairs,
  }
  assert found.table['overlap'].tolist() == [1 / 2]
  # Of 2 and 3 of six, 2 and 4, 3 and 4: 1, 4/3 and 2 in both.
  chance = [1 / 4, (4 / 3) / (14 / 3), 2 / 5]
  assert found.table['by_chance'] == pytest.approx([sum(chance) / 3])


def by_layer(tmp_path):
  """Layers 2 and 10 of two nets: one of six in common, and nothing at all."""
  for name, masks in (
    ('a', {10: [[0, 0]], 2: [[1, 1, 0], [0, 0, 0]]}),
    ('b', {10: [[0, 1]], 2: [[1, 0, 1], [1, 0, 0]]}),
  ):
    masks = {f'Dense_{i}': np.asarray(m, bool) for i, m in masks.items()}
    params = {layer: np.ones(m.shape, np.float32) for layer, m in masks.items()}
    save_params(tmp_path / name, params, masks)
  return mask_overlap([tmp_path / 'a', tmp_path / 'b'])


def test_layers_stand_in_their_order_beside_chance(tmp_path):
  found = by_layer(tmp_path)
  assert found.numbers == {'mask_overlap': 1 / 5}
  table = {name: column.tolist() for name, column in found.table.items()}
  # Of 2 and 3 of six, 2 x 3 / 6 = 1 is expected in both, and 4 in either.
  assert table == {
    'layer': ['Dense_2', 'Dense_10'],
    'overlap': [1 / 4, 0.0],
    'by_chance': [1 / 4, 0.0],
    'active': [2, 0],
    'active_other': [3, 1],
    'weights': [6, 2],
  }


def test_a_bar_a_layer_with_a_line_at_chance(tmp_path, draw):
  (ax,) = draw(mask_overlap, (by_layer(tmp_path), 'a', 'b')).figure.axes
  assert [bar.get_height() for bar in ax.patches] == [1 / 4, 0.0]
  (marks,) = ax.collections
  assert [line[0][1] for line in marks.get_segments()] == [1 / 4, 0.0]
  assert [t.get_text() for t in ax.get_xticklabels()] == ['Dense_2', 'Dense_10']


def test_members_without_masks_are_refused(tmp_path):
  a = saved(tmp_path / 'a', None)
  with pytest.raises(ValueError, match='got no masks'):
    mask_overlap([a, a])


def test_it_takes_two_members(tmp_path):
  with pytest.raises(ValueError, match='got 1 run; accepted is 2'):
    mask_overlap([saved(tmp_path / 'a', None)])
