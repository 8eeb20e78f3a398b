import numpy as np
import pytest

from jaxsparse.experiments.analyses.mask_overlap import mask_overlap
from jaxsparse.training.checkpoints import save_params


def saved(path, masks):
  params = {'kernel': np.ones((2, 3), np.float32)}
  masks = None if masks is None else {'kernel': np.asarray(masks, bool)}
  save_params(path, params, masks)
  return path


def test_it_reads_the_masks_of_two_members(tmp_path):
  a = saved(tmp_path / 'a', [[1, 1, 0], [0, 0, 0]])
  b = saved(tmp_path / 'b', [[1, 0, 1], [1, 0, 0]])
  assert mask_overlap([a, b]) == {'mask_overlap': 1 / 4}
  assert mask_overlap([a, a]) == {'mask_overlap': 1.0}


def test_members_without_masks_are_refused(tmp_path):
  a = saved(tmp_path / 'a', None)
  with pytest.raises(ValueError, match='got no masks'):
    mask_overlap([a, a])


def test_it_takes_two_members(tmp_path):
  with pytest.raises(ValueError, match='got 1 run; accepted is 2'):
    mask_overlap([saved(tmp_path / 'a', None)])
