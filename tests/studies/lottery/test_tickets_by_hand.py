"""A real lottery of two levels, and what its tickets are by hand."""

import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.runs import finished, workdir
from jaxsparse.studies.planning.pairing import LEVEL
from jaxsparse.studies.running import run as run_lib
from jaxsparse.training.checkpoints import load_params

REWIND, STEPS = 4, 20
LEFT = [1184, 1184 - 237, 1184 - 237 - 189]
ARMS = ('reinit', 'shuffle', 'one_shot', 'rate_rewind', 'restart', 'repel')


class Lottery:
  """The members of a lottery, in one folder."""

  def __init__(self, root):
    self.root = root
    self.members = {}

  def run(self, study, **arguments):
    arguments = {'name': 'tiny', 'command': 'again', **arguments}
    results = run_lib.run(study, self.root, self.root / 'runs', **arguments)
    for member in results.members:
      assert member.summary, member
      level = dict(member.row.point).get(LEVEL, 0)
      self.members[member.row.run, level, member.seed] = member.root

  def root_of(self, run, level=0, seed=0):
    return self.members[run, level, seed]

  def net(self, run, level=0, step=STEPS, seed=0):
    """Weights and masks at a step, by path."""
    params, masks = load_params(self.root_of(run, level, seed), step=step)
    return [
      {path: np.asarray(leaf) for path, leaf in paths.flatten(tree).items()}
      for tree in (params, masks)
    ]


@pytest.fixture(scope='module')
def found(tmp_path_factory, tiny):
  found = Lottery(tmp_path_factory.mktemp('lottery'))
  found.run(tiny(ARMS, rewind=REWIND, children=2))
  return found


def cut(weights, masks, left):
  """The masks of the `left` largest weights of all masked leaves."""
  names = sorted(masks)
  sizes = np.concatenate(
    [np.where(masks[n], np.abs(weights[n]), -1).ravel() for n in names]
  )
  kept = np.zeros(sizes.size, bool)
  kept[np.argsort(-sizes, kind='stable')[:left]] = True
  ends = np.cumsum([masks[n].size for n in names])[:-1]
  pairs = zip(names, np.split(kept, ends), strict=True)
  return {name: part.reshape(masks[name].shape) for name, part in pairs}


def assert_same(one, other):
  assert one.keys() == other.keys()
  for path, leaf in one.items():
    np.testing.assert_array_equal(leaf, other[path], err_msg=path)


# Arm -> by the weights of which run its level is cut.
CHAINS = {
  'ticket': ('dense', 'ticket'),
  'reinit': ('dense', 'ticket'),
  'one_shot': ('dense', 'dense'),
  'rate_rewind': ('dense', 'rate_rewind'),
  'restart': ('dense', 'restart'),
  'repel': ('dense', 'repel'),
}


@pytest.mark.parametrize('level', [1, 2])
@pytest.mark.parametrize('arm', list(CHAINS))
def test_masks_are_of_the_largest_weights(found, arm, level):
  source = CHAINS[arm][level - 1]
  weights, masks = found.net(source, 0 if source == 'dense' else level - 1)
  begin = finished.load(found.root_of(arm, level)).first_step
  assert begin == (0 if arm == 'restart' else REWIND)
  for step in (begin, STEPS):
    _, own = found.net(arm, level, step)
    assert_same(own, cut(weights, masks, LEFT[level]))


@pytest.mark.parametrize('level', [1, 2])
@pytest.mark.parametrize(
  ('arm', 'source', 'step'),
  [
    ('ticket', 'dense', REWIND),
    ('shuffle', 'dense', REWIND),
    ('one_shot', 'dense', REWIND),
    ('repel', 'dense', REWIND),
    ('child_2', 'dense', REWIND),
    ('rate_rewind', 'rate_rewind', STEPS),
    ('restart', 'restart', STEPS),
  ],
)
def test_weights_are_those_rewound_to(found, arm, source, step, level):
  below = 0 if source == 'dense' else level - 1
  source = source if below else 'dense'
  begin = 0 if arm == 'restart' else REWIND
  weights, masks = found.net(arm, level, begin)
  expected, _ = found.net(source, below, step)
  assert_same(weights, {p: x * masks.get(p, True) for p, x in expected.items()})


def test_shuffles_keep_the_counts_of_layers(found):
  _, ticket = found.net('ticket', 2)
  _, shuffled = found.net('shuffle', 2)
  for path, mask in ticket.items():
    assert mask.sum() == shuffled[path].sum()
    assert (mask != shuffled[path]).any()


def test_weights_drawn_anew_share_all_but_the_draw(found):
  _, masks = found.net('ticket', 2)
  weights, own = found.net('reinit', 2, REWIND)
  assert_same(own, masks)
  start, _ = found.net('dense', 0, 0)
  for path, mask in masks.items():
    ours, theirs = weights[path][mask], start[path][mask]
    assert np.mean(ours == theirs) < 0.01
    # Of the distribution of all, and not of the large ones.
    assert np.std(ours) == pytest.approx(np.std(start[path]), rel=0.1)
  batches = [
    finished.load(found.root_of(arm, 2)).experiment.batches(REWIND, STEPS)
    for arm in ('reinit', 'ticket')
  ]
  np.testing.assert_array_equal(*batches)


def test_children_are_pruned_as_their_mean(found):
  pair = [found.net(f'child_{i}', 1) for i in (1, 2)]
  (one, masks), (two, _) = pair
  assert any((one[path] != two[path]).any() for path in masks)
  mean = {path: (leaf + two[path]) / 2 for path, leaf in one.items()}
  expected = cut(mean, masks, LEFT[2])
  for i in (1, 2):
    assert_same(found.net(f'child_{i}', 2)[1], expected)


def test_a_repelled_net_trains_to_other_weights(found):
  (weights, _), (plain, _) = found.net('repel', 1), found.net('ticket', 1)
  assert any((weights[path] != plain[path]).any() for path in plain)


@pytest.mark.slow
def test_levels_trained_together_by_vmap_have_the_same_counts(
  found, tiny, tmp_path
):
  together = Lottery(tmp_path)
  together.run(tiny(('reinit', 'repel'), rewind=REWIND), parallel='vmap')
  widths = set()
  for arm, level, seed in together.members:
    weights, masks = together.net(arm, level)
    alone, own = found.net(arm, level)
    summary = workdir.finished(together.root_of(arm, level, seed))
    widths.add(summary['execution']['width'])
    assert sum(mask.sum() for mask in masks.values()) == LEFT[level]
    # Sums are of another order, and a weight at the threshold may change sides.
    assert sum((mask != own[p]).sum() for p, mask in masks.items()) <= 4
    for path, leaf in weights.items():
      both = masks[path] & own[path] if path in masks else ...
      np.testing.assert_allclose(
        leaf[both], alone[path][both], atol=1e-4, err_msg=path
      )
  assert max(widths) > 1


def files(root):
  """Times of all files in the workdirs of members."""
  return {
    path: path.stat().st_mtime_ns
    for path in (root / 'runs').rglob('*')
    if path.is_file() and path.name != '.lock'
  }


def test_more_levels_arms_and_seeds_train_these_alone(found, tiny):
  before = files(found.root)
  found.run(tiny(('random',), rewind=REWIND, levels=3, seeds=2))
  after = files(found.root)
  assert before.items() <= after.items()
  old, new = (
    {path.relative_to(found.root).parts[1] for path in one}
    for one in (before, after)
  )
  # Of seed 0 the third ticket and all of `random`; and seed 1.
  assert len(new - old) == 1 + 3 + (1 + 2 * 3)
  weights, masks = found.net('ticket', 2)
  _, third = found.net('ticket', 3)
  assert_same(third, cut(weights, masks, 758 - 152))
  # A seed is a draw of its own, and levels of it are its own.
  one, two = (found.net('dense', 0, 0, seed)[0] for seed in (0, 1))
  assert all((one[p] != two[p]).mean() > 0.99 for p in masks)
  weights, masks = found.net('ticket', 1, seed=1)
  assert_same(found.net('ticket', 2, seed=1)[1], cut(weights, masks, LEFT[2]))
