"""Barriers between runs: the line against arithmetic, curves against it."""

import numpy as np
import pytest

from jaxsparse.analyses.barrier import barrier
from jaxsparse.runs.build import build
from jaxsparse.training.checkpoints import load_params

PATHS = ['linear', 'quadratic', 'cubic', 'dense_quadratic']


@pytest.fixture(scope='module')
def found(runs):
  return barrier(
    [runs.rigl, runs.pruned], points=5, examples=200, steps=60, batch_size=32
  )


def test_the_line_is_that_between_the_weights(found, runs, make_config):
  data = build(make_config()).dataset.train
  x = data.images[:200].reshape(200, -1) / 16
  ends = [
    load_params(root / 'checkpoints/30')[0] for root in (runs.rigl, runs.pruned)
  ]
  for at, loss in zip(
    (0, 0.25, 0.5, 0.75, 1), found.table['loss'][:5], strict=True
  ):
    hidden = x
    for i in range(2):
      kernel, bias = (
        (1 - at) * np.float64(ends[0][f'Dense_{i}'][name])
        + at * np.float64(ends[1][f'Dense_{i}'][name])
        for name in ('kernel', 'bias')
      )
      hidden = (hidden if i == 0 else np.maximum(hidden, 0)) @ kernel + bias
    logits = hidden - hidden.max(axis=1, keepdims=True)
    each = np.log(np.exp(logits).sum(axis=1))
    each -= logits[np.arange(200), data.labels[:200]]
    assert loss == pytest.approx(each.mean(), rel=1e-4)


def test_every_path_joins_the_same_ends(found):
  table = found.table
  assert table['path'].tolist() == [p for p in PATHS for _ in range(5)]
  loss = table['loss'].reshape(4, 5)
  np.testing.assert_allclose(loss[:, [0, -1]] - loss[0, [0, -1]], 0, atol=1e-5)
  for path, row in zip(PATHS, loss, strict=True):
    assert found.numbers[f'highest_{path}'] == row.max()
    climb = row[1:-1].max() - max(row[0], row[-1])
    assert found.numbers[f'climb_{path}'] == pytest.approx(climb, abs=1e-7)
  # Fitted curves are lower half way than the line that they started from.
  assert loss[1:, 2].max() < loss[0, 2]


def test_a_panel_for_each_pair(found, draw):
  drawn = draw(barrier, *((found, n, 'pruned') for n in ('a', 'a', 'b')))
  titles = [ax.get_title(loc='left') for ax in drawn.figure.axes]
  assert titles == ['a', 'b']
  for ax in drawn.figure.axes:
    assert [line.get_label() for line in ax.lines] == [
      'line',
      'quadratic, sparse',
      'cubic, sparse',
      'quadratic, dense',
    ]
    assert ax.lines[0].get_ydata().tolist() == pytest.approx(
      found.table['loss'][:5].tolist()
    )
  assert 'at 1 pruned' in drawn.caption


def test_numbers_that_do_not_fit_are_refused(runs):
  pair = [runs.rigl, runs.pruned]
  with pytest.raises(ValueError, match='points is 4; accepted are 3, 5, 7'):
    barrier(pair, points=4)
  with pytest.raises(ValueError, match='learning_rate is 0'):
    barrier(pair, learning_rate=0)
  with pytest.raises(ValueError, match='got 1 run'):
    barrier(pair[:1])
