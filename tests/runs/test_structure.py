"""Dead units, churn and exploration of runs, against masks that they kept."""

import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.errors import Interrupted
from jaxsparse.runs import finished
from jaxsparse.runs.build import build
from jaxsparse.runs.train import train, train_together
from jaxsparse.runs.workdir import METRICS
from jaxsparse.training import metrics

# Masks change at 0, 5, 10, 15 and 20.
CHANGES = (1, 6, 11, 16, 21)


@pytest.fixture(scope='module')
def config(make_config):
  def make(**fields):
    return make_config(
      updater__sparsity=0.9,
      checkpoint__keep_steps=CHANGES,
      **({'seed': 3} | fields),
    )

  return make


@pytest.fixture(scope='module')
def runs(config, tmp_path_factory):
  """One that remembers and was stopped on the way, one that does not."""
  root = tmp_path_factory.mktemp('structure')
  asked = []

  def third(*_):
    asked.append(None)
    return len(asked) == 3

  own = config(updater__remember_masks=True)
  with pytest.raises(Interrupted):
    train(own, root / 'one_by_one', interrupted=third, plots=False)
  summaries = {
    'one_by_one': train(own, root / 'one_by_one', plots=False),
    'plain': train(config(), root / 'plain', plots=False),
  }
  return root, summaries


def masks_at(workdir, step):
  state = finished.state(finished.load(workdir), step)
  return {
    path: np.asarray(mask)
    for path, mask in paths.flatten(state.mask_state.masks).items()
  }


def share(masks):
  every = list(masks)
  return sum(np.sum(m) for m in every) / sum(m.size for m in every)


def records_of(workdir):
  return {r['step']: r for r in metrics.read(workdir / METRICS)}


def check_exploration(root, summary):
  records = records_of(root)
  for step in (0, 15, 30):
    kept = [masks_at(root, s) for s in (0, *CHANGES) if s <= step]
    union = [np.any([m[path] for m in kept], axis=0) for path in kept[0]]
    assert records[step]['exploration_rate'] == pytest.approx(share(union))
  assert summary['exploration_rate'] == pytest.approx(share(union))
  assert summary['exploration_rate'] > 0.11


def test_exploration_is_the_share_of_weights_ever_active(runs):
  root, summaries = runs
  check_exploration(root / 'one_by_one', summaries['one_by_one'])


@pytest.mark.slow
def test_exploration_under_vmap(config, tmp_path):
  configs = [config(updater__remember_masks=True, seed=i) for i in (3, 4)]
  members = [(build(c), tmp_path / str(i)) for i, c in enumerate(configs)]
  for (_, root), summary in zip(members, train_together(members), strict=True):
    check_exploration(root, summary)


def test_to_remember_changes_nothing_else(runs):
  root, summaries = runs
  roots = root / 'one_by_one', root / 'plain'
  for step in (0, 11, 30):
    mine, theirs = (masks_at(one, step) for one in roots)
    for path, mask in theirs.items():
      np.testing.assert_array_equal(mine[path], mask)
  mine, theirs = map(records_of, roots)
  for step, record in theirs.items():
    extra = set(mine[step]) - set(record)
    assert extra == ({'exploration_rate'} if step in (0, 15, 30) else set())
    assert {k: v for k, v in mine[step].items() if k not in extra} == record
  assert 'exploration_rate' not in summaries['plain']


def test_dead_units_are_those_without_a_connection(runs):
  root, summaries = runs
  for step in (0, 30):
    kernels = masks_at(root / 'plain', step).values()
    record = records_of(root / 'plain')[step]
    inputs = sum(np.sum(~m.any(axis=1)) for m in kernels)
    outputs = sum(np.sum(~m.any(axis=0)) for m in kernels)
    assert (record['dead_inputs'], record['dead_outputs']) == (inputs, outputs)
  assert inputs > 0
  assert summaries['plain']['dead_inputs'] == inputs
  assert summaries['plain']['dead_outputs'] == outputs


def test_churn_is_what_mask_steps_drop(runs):
  root, summaries = runs
  kept = [masks_at(root / 'plain', step) for step in (0, *CHANGES)]
  parts = []
  for old, new in zip(kept, kept[1:], strict=False):
    gone = sum(np.sum(old[path] & ~new[path]) for path in old)
    parts.append(gone / sum(np.sum(mask) for mask in old.values()))
  found = summaries['plain']['mask_churn']
  assert found == pytest.approx(np.mean(parts))
  assert found > 0


def test_masks_that_never_change_have_no_churn(make_config, tmp_path):
  found = train(
    make_config('static', num_steps=10), tmp_path / 'run', plots=False
  )
  assert 'mask_churn' not in found
  assert 'dead_outputs' in found
