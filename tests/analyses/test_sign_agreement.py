import numpy as np
import pytest

from jaxsparse.analyses.sign_agreement import sign_agreement
from jaxsparse.training.checkpoints import load_params


def signs(root, step):
  """Signs of the kernels of a run, and where they are active."""
  params, masks = load_params(root / 'checkpoints' / str(step))
  return [
    np.concatenate([np.ravel(tree[f'Dense_{i}']['kernel']) for i in (0, 1)])
    for tree in (params, masks)
  ]


def test_weights_that_both_have_are_compared(runs, draw):
  found = sign_agreement([runs.rigl, runs.tuned_0])
  nets = [
    signs(root, step) for root in (runs.rigl, runs.tuned_0) for step in (0, 30)
  ]
  expected, shared = [], []
  for one, two in ((0, 2), (0, 3), (1, 3), (0, 1)):
    (first, in_first), (second, in_second) = nets[one], nets[two]
    both = in_first & in_second
    expected.append(np.mean(np.sign(first[both]) == np.sign(second[both])))
    shared.append(int(both.sum()))
  assert list(found.numbers.values()) == pytest.approx(expected)
  assert found.table['shared'].tolist() == shared
  assert found.table['agreement'].tolist() == pytest.approx(expected)
  assert all(0 < share < 1 for share in expected)
  (ax,) = draw(sign_agreement, (found, 'a', 'b')).figure.axes
  assert [bar.get_height() for bar in ax.patches] == pytest.approx(expected)


def test_a_run_that_goes_on_has_the_signs_of_the_other_end(runs):
  found = sign_agreement([runs.tuned_0, runs.pruned]).numbers
  assert found['sign_agreement_with_other_end'] == 1
  assert 0.9 < found['sign_agreement_over_training'] <= 1


def test_it_takes_two_runs(runs):
  with pytest.raises(ValueError, match='got 1 run; accepted is 2'):
    sign_agreement([runs.rigl])
