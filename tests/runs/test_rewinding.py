"""Runs that start at a step of others: levels, rewound to the bit."""

import pathlib

import jax
import numpy as np
import pytest

from jaxsparse.analyses.distances import distances
from jaxsparse.analyses.instability import instability
from jaxsparse.config.overrides import override
from jaxsparse.core import paths, rounds
from jaxsparse.errors import Interrupted, TrainingFailed
from jaxsparse.runs import finished, group, outline, workdir
from jaxsparse.runs.build import build
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.runs.train import train
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import load_params, states

STEPS, REWIND = 30, 7
ADAM = {'optimizer.name': 'adam', 'optimizer.learning_rate': 2e-3}
REWOUND = {
  'init.checkpoint': 'run:dense',
  'init.checkpoint_step': REWIND,
  'init.start_step': REWIND,
  'init.with_statistics': True,
}


@pytest.fixture(scope='module')
def lottery(tmp_path_factory, make_config):
  """A folder with a dense net and a first level; and how to train others."""
  root = tmp_path_factory.mktemp('lottery')

  def run(name, seed=5, **options):
    fields = options.pop('fields', {})
    config = make_config('static', seed=seed)
    config.updater.sparsity = 0.0
    fields = ADAM | {'num_steps': STEPS} | fields
    return train(override(config, fields), root / name, plots=False, **options)

  run('dense', fields={'checkpoint.keep_steps': (REWIND,)})
  run('one', fields=level(1, 'dense'))
  return root, run


def level(number, before, **fields):
  fields = {k.replace('__', '.'): v for k, v in fields.items()}
  return REWOUND | {
    'init.masks': f'run:{before}',
    'pruning.level': number,
    **fields,
  }


def state(path, step=None):
  run = finished.load(path)
  step = run.last_step if step is None else step
  experiment = run.experiment
  abstract = abstract_state(experiment)
  return states.read_step(path / workdir.CHECKPOINTS, step, abstract)


def flat(tree):
  return {p: np.asarray(leaf) for p, leaf in paths.flatten(tree).items()}


def assert_same(found, expected):
  found, expected = flat(found), flat(expected)
  assert found.keys() == expected.keys()
  for path, leaf in expected.items():
    np.testing.assert_array_equal(found[path], leaf, err_msg=path, strict=True)


@pytest.mark.slow
def test_batches_and_augmentation_of_a_stream_are_rewound(lottery):
  root, run = lottery
  fields = {
    'data.source': 'stream',
    'data.workers': 0,
    'data.augment': ('flip',),
    'num_steps': 12,
  }
  run('streamed', fields=fields | {'checkpoint.keep_steps': (REWIND,)})
  source = {'init.checkpoint': 'run:streamed', 'init.with_optimizer': True}
  run('streamed_again', fields=fields | REWOUND | source)
  assert_same(state(root / 'streamed_again'), state(root / 'streamed'))


NORMED = {'model.name': 'normed_net.normed_net', 'num_steps': 12}


@pytest.fixture(scope='module')
def normed(lottery):
  """A dense net with BatchNorm; and how to train others of its kind."""
  root, run = lottery
  with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(pathlib.Path(__file__).parent)
    run('normed', fields=NORMED | {'checkpoint.keep_steps': (REWIND,)})
    yield root, lambda name, fields: run(name, fields=NORMED | fields)


def test_statistics_of_batch_norm_are_rewound(normed):
  root, run = normed
  source = {'init.checkpoint': 'run:normed', 'init.with_optimizer': True}
  run('normed_again', REWOUND | source)
  assert_same(state(root / 'normed_again'), state(root / 'normed'))


def test_statistics_of_a_ticket_are_those_of_the_step_rewound_to(normed):
  root, run = normed
  own = level(1, 'normed') | {'init.checkpoint': 'run:normed'}
  run('ticket', own)
  normed, ticket = root / 'normed', root / 'ticket'
  statistics = state(normed, REWIND).model_state
  assert_same(state(ticket, REWIND).model_state, statistics)
  assert flat(statistics)
  # Weights that are drawn have statistics of their own, those of step 0.
  drawn = {
    'init.checkpoint': '',
    'init.checkpoint_step': None,
    'init.with_statistics': False,
    'init.signs': 'run:normed',
    'init.signs_step': REWIND,
    'streams': ('init=1',),
  }
  run('signs', own | drawn)
  start, rewound = state(root / 'signs', REWIND), state(normed, REWIND)
  assert_same(start.model_state, state(normed, 0).model_state)
  for path, mask in flat(start.mask_state.masks).items():
    ours, theirs = (flat(x.params)[path][mask] for x in (start, rewound))
    np.testing.assert_array_equal(np.sign(ours), np.sign(theirs))
    assert (ours != theirs).any()


def test_a_net_that_is_rewound_whole_ends_as_if_it_had_gone_on(lottery):
  root, run = lottery
  run('whole', fields=REWOUND | {'init.with_optimizer': True})
  assert_same(state(root / 'whole'), state(root / 'dense'))
  # Without the optimiser's state it is another net.
  run('without', fields=REWOUND)
  other = flat(state(root / 'without').params)
  assert any(
    (leaf != other[path]).any()
    for path, leaf in flat(state(root / 'dense').params).items()
  )


def test_a_level_has_the_largest_weights_of_its_source_rewound(lottery):
  root, _ = lottery
  start, (trained, _) = state(root / 'one', REWIND), load_params(root / 'dense')
  masks = flat(start.mask_state.masks)
  sizes = np.concatenate([np.abs(flat(trained)[p]).ravel() for p in masks])
  kept = rounds.after(sizes.size, 0.2)
  threshold = np.sort(sizes)[-kept]
  for path, mask in masks.items():
    np.testing.assert_array_equal(
      mask, np.abs(flat(trained)[path]) >= threshold, err_msg=path
    )
  rewound, _ = load_params(root / 'dense', step=REWIND)
  expected = {p: x * masks.get(p, True) for p, x in flat(rewound).items()}
  for path, leaf in flat(start.params).items():
    np.testing.assert_array_equal(leaf, expected[path], err_msg=path)
  assert int(start.step) == REWIND
  assert workdir.finished(root / 'one')['active_weights'] == kept


def test_what_is_pruned_stays_at_zero_with_its_moments(lottery):
  root, _ = lottery
  end = state(root / 'one')
  adam = [
    leaf
    for leaf in jax.tree.leaves(
      end.opt_state, is_leaf=lambda x: hasattr(x, 'mu')
    )
    if hasattr(leaf, 'mu')
  ][0]
  for path, mask in flat(end.mask_state.masks).items():
    for tree in (end.params, adam.mu, adam.nu):
      assert not flat(tree)[path][~mask].any(), path
    assert flat(adam.nu)[path][mask].any()


def test_levels_are_nested_and_count_what_is_pruned(lottery):
  root, run = lottery
  run('two', fields=level(2, 'one'))
  masks = [flat(load_params(root / name)[1]) for name in ('one', 'two')]
  total = sum(mask.size for mask in masks[0].values())
  for mask, other in zip(*(m.values() for m in masks), strict=True):
    assert not (other & ~mask).any()
  assert [sum(x.sum() for x in m.values()) for m in masks] == [
    rounds.after(total, 0.2, n) for n in (1, 2)
  ]


def test_layers_with_a_rate_of_their_own_do_not_count_for_the_others(lottery):
  root, run = lottery
  head = 'Dense_1/kernel'
  fields = level(1, 'dense', pruning__layers=(f'{head}=0',))
  run('headless', fields=fields)
  masks = flat(load_params(root / 'headless')[1])
  assert masks[head].all()
  rest = [mask for path, mask in masks.items() if path != head]
  size = sum(mask.size for mask in rest)
  assert sum(mask.sum() for mask in rest) == rounds.after(size, 0.2)


def test_children_differ_in_one_random_stream(lottery):
  root, run = lottery
  for name, streams in (('a', ()), ('b', ('order=1',)), ('c', ('init=1',))):
    run(f'child_{name}', fields={'streams': streams})
  a, b, c = (root / f'child_{name}' for name in 'abc')
  assert_same(state(a, 0), state(b, 0))
  kernel = 'Dense_0/kernel'
  assert (flat(state(a).params)[kernel] != flat(state(b).params)[kernel]).any()
  assert (
    flat(state(a, 0).params)[kernel] != flat(state(c, 0).params)[kernel]
  ).any()
  batches = [finished.load(root).experiment.batches(0, 3) for root in (a, b, c)]
  assert (batches[0] != batches[1]).any()
  np.testing.assert_array_equal(batches[0], batches[2])


def test_a_level_may_be_cut_by_the_mean_of_several(lottery):
  root, run = lottery
  for i in (1, 2):
    fields = level(1, 'dense', streams=(f'order={i}',))
    run(f'of_{i}', fields=fields)
  fields = level(2, 'of_1') | {'init.masks': 'run:of_1,run:of_2'}
  run('mean', fields=fields)
  both = [flat(load_params(root / f'of_{i}')[0]) for i in (1, 2)]
  masks = flat(load_params(root / 'mean')[1])
  before = flat(load_params(root / 'of_1')[1])
  means = {p: np.abs((both[0][p] + both[1][p]) / 2) for p in masks}
  kept = min(means[p][mask].min() for p, mask in masks.items() if mask.any())
  cut = max(means[p][before[p] & ~mask].max() for p, mask in masks.items())
  assert kept >= cut
  with pytest.raises(ValueError, match='masks that differ'):
    run('two_kinds', fields=fields | {'init.masks': 'run:of_1,run:dense'})


@pytest.mark.parametrize('scope', ['layer', 'global', 'even'])
def test_shuffles_keep_the_count_of_their_scope(lottery, scope):
  root, run = lottery
  name = f'shuffled_{scope}'
  shuffle = {'init.shuffle_masks': True, 'init.shuffle_scope': scope}
  run(name, fields=level(1, 'dense') | shuffle)
  # Where layers keep their counts, a shuffle over all of them moves weights.
  by_layer = {'pruning.scope': 'layer', 'checkpoint.keep': 1}
  run(f'{name}_by_layer', fields=level(1, 'dense') | shuffle | by_layer)
  ticket, other = (flat(load_params(root / n)[1]) for n in ('one', name))
  counts = [
    {p: int(mask.sum()) for p, mask in masks.items()}
    for masks in (ticket, other)
  ]
  assert sum(counts[0].values()) == sum(counts[1].values())
  assert (counts[0] == counts[1]) == (scope == 'layer')
  assert any((ticket[p] != other[p]).any() for p in ticket)
  if scope == 'even':
    shares = [counts[1][p] / other[p].size for p in other]
    assert max(shares) - min(shares) < 0.01


def test_a_repelled_net_leaves_and_an_attracted_one_returns(lottery):
  root, run = lottery

  def cosine(name):
    masks = flat(load_params(root / name)[1])
    u, v = (
      np.concatenate(
        [(x * masks.get(p, True)).ravel() for p, x in flat(net).items()]
      )
      for net in (load_params(root / name)[0], load_params(root / 'dense')[0])
    )
    return float((u @ v) ** 2 / (u @ u * (v @ v)))

  found = {}
  for name, weight in (('repelled', 2.0), ('attracted', -2.0)):
    own = {'anchors.runs': 'run:dense,run:one', 'anchors.weight': weight}
    run(name, fields=level(2, 'one') | own)
    found[name] = cosine(name)
  run('plain', fields=level(2, 'one'))
  assert found['repelled'] < cosine('plain') < found['attracted']


def test_an_anchored_run_that_was_stopped_ends_with_the_same_bits(lottery):
  root, run = lottery
  fields = level(1, 'dense') | {
    'anchors.runs': 'start',
    'anchors.weight': 0.5,
    'anchors.distance': 'l2',
    'checkpoint.interval': 10,
  }
  run('unbroken', fields=fields)
  with pytest.raises(Interrupted):
    run('broken', fields=fields, interrupted=lambda: True)
  run('broken', fields=fields)
  assert_same(state(root / 'broken'), state(root / 'unbroken'))


def test_a_run_that_does_not_start_where_its_config_says_ends(
  lottery, monkeypatch
):
  _, run = lottery
  start = group.start

  def forgetful(experiment, data, initial):
    """Starts from its own weights, as if nothing had been rewound."""
    return start(experiment, data, initial._replace(params=None))

  monkeypatch.setattr(group, 'start', forgetful)
  with pytest.raises(TrainingFailed, match='does not start from run:dense'):
    run('forgetful', fields=level(1, 'dense'))


def test_the_first_record_is_of_the_first_step(lottery):
  root, _ = lottery
  records = metrics.read(root / 'one' / workdir.METRICS)
  assert records[0]['step'] == REWIND
  assert records[-1]['step'] == STEPS


@pytest.mark.parametrize(
  ('fields', 'error'),
  [
    ({'pruning.level': 1}, 'level: got 1, .*init.masks; that is not set'),
    (
      level(1, 'dense') | {'updater.sparsity': 0.5},
      'so accepted is sparsity 0',
    ),
    (
      level(1, 'dense') | {'updater.layers': ('*0/kernel=0.5',)},
      'updater: got 512 active weights of 1,024 at .*so accepted is sparsity 0',
    ),
    (level(1, 'dense') | {'pruning.layers': ('x=0.1',)}, "layers: .*'x'"),
    (level(1, 'dense') | {'pruning.layers': ('*0/kernel=2',)}, 'got 2.0'),
    (level(1, 'dense') | {'pruning.criterion': 'size'}, "criterion: .*'size'"),
    ({'init.start_step': STEPS}, 'start_step: got 30; accepted is below num'),
    ({'streams': ('order',)}, "streams: got .* 'NAME=NUMBER'"),
    ({'streams': ('order=1', 'order=2')}, 'streams: got'),
    ({'anchors.runs': 'run:dense'}, 'accepted are both, or neither'),
    ({'init.with_optimizer': True}, 'init.checkpoint; that is not set'),
    (
      REWOUND | {'anchors.runs': 'run:nobody', 'anchors.weight': 1.0},
      'anchors.runs: .*nobody',
    ),
  ],
)
def test_what_cannot_be_is_refused(lottery, fields, error):
  root, run = lottery
  with pytest.raises(ValueError, match=error):
    run('refused', fields=fields)
  assert not (root / 'refused' / workdir.METRICS).exists()


def test_masks_with_fewer_weights_than_the_level_are_refused(lottery):
  _, run = lottery
  with pytest.raises(ValueError, match='are active; accepted are masks with'):
    run('few', fields=level(1, 'one') | {'pruning.rate': 0.1})


def test_the_cost_of_a_rewound_run_is_that_of_its_own_steps(make_config):
  config = make_config('static', seed=5)
  config.updater.sparsity = 0.0
  fields = ADAM | {'num_steps': STEPS} | level(1, 'dense')
  experiment = build(override(config, fields))
  assert experiment.plan.begin == REWIND
  assert experiment.kept_steps[0] == REWIND
  assert '\nsteps           23 of 16 examples' in outline.text(experiment)
  assert ', from step 7 on\n' in outline.text(experiment)


def test_the_summary_counts_the_steps_that_were_taken(lottery):
  root, _ = lottery
  summary = workdir.finished(root / 'one')
  assert summary['steps'] == STEPS - REWIND
  density = summary['active_weights'] / summary['total_weights']
  assert summary['inference_flops'] == pytest.approx(density)
  assert summary['training_flops'] == pytest.approx(density)


def test_analyses_of_a_start_read_the_first_step(lottery):
  root, run = lottery
  child = level(1, 'dense', streams=('order=5',))
  run('other_order', fields=child)
  pair = [root / 'one', root / 'other_order']
  assert finished.load(pair[0]).first_step == REWIND
  assert instability(pair, points=3).numbers['test_instability']['mean'] >= 0
  found = distances(pair).numbers
  assert 0 < found['distance_at_start'] != found['distance_at_end']
