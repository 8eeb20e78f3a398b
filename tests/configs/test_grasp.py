"""GraSP's studies: planned by shapes, claims against the papers' numbers."""

import dataclasses

import pytest

from jaxsparse.claims import verdicts
from jaxsparse.core.masks import map_masks
from jaxsparse.results.rows import Row
from jaxsparse.runs import outline, scoring
from jaxsparse.studies import config_files
from jaxsparse.updaters.at_init.pruning import Pruning

FOLDER = 'studies/grasp'
SPARSITY = 'updater.sparsity'
NETS = tuple(
  f'{net}_{data}'
  for net in ('vgg19', 'resnet32')
  for data in ('cifar10', 'cifar100', 'tiny_imagenet')
)
# Weights of the net with 10, 100 and 200 classes.
WEIGHTS = {
  'vgg19': {
    'cifar10': 20_024_000,
    'cifar100': 20_070_080,
    'tiny_imagenet': 20_121_280,
  },
  'resnet32': {
    'cifar10': 1_855_584,
    'cifar100': 1_867_104,
    'tiny_imagenet': 1_879_904,
  },
}
SCORED_ROWS = ('dense', 'pruned', 'lottery', 'grasp_code')
# Parts of batches and examples of each, in the authors' code.
SCORED = {
  'vgg19_cifar10': (2, 50),
  'vgg19_cifar100': (2, 500),
  'vgg19_tiny_imagenet': (20, 100),
  'resnet32_cifar10': (2, 50),
  'resnet32_cifar100': (4, 250),
  'resnet32_tiny_imagenet': (20, 100),
}


@pytest.fixture
def by_magnitude(monkeypatch):
  """Has all methods score so: their own scores take minutes to trace."""
  prune = Pruning.__call__

  def score(params, masks, probe, **_):
    return map_masks(lambda leaf, _: abs(leaf), params, masks)

  def cheap(self, params, **given):
    return prune(dataclasses.replace(self, score=score), params, **given)

  monkeypatch.setattr(Pruning, '__call__', cheap)


def load(study, net):
  return config_files.load_study(f'{FOLDER}/{study}:{net}')


def weights(net):
  model, _, data = net.partition('_')
  return WEIGHTS[model][data]


@pytest.mark.slow
@pytest.mark.parametrize('net', NETS)
@pytest.mark.parametrize('rows', [SCORED_ROWS, None], ids=['scored', 'others'])
def test_the_accuracy_table_is_planned_without_data(
  net, rows, one_seed, reduced, only, request
):
  if rows is None:
    request.getfixturevalue('by_magnitude')
  study = reduced(load('accuracy', net))
  planned = one_seed(only(study, *rows) if rows else study)
  dense = planned.pop(('dense',))
  epochs, images = (300, 100_000) if 'tiny' in net else (160, 50_000)
  assert dense.plan.num_steps == epochs * images // 128
  assert dense.config.checkpoint.keep_steps == (5 * images // 128,)
  for (run, sparsity), experiment in planned.items():
    size = outline.size(experiment)
    assert size.weights == weights(net)
    # A layer's count is rounded up.
    assert 0 <= size.active - (1 - sparsity) * weights(net) < 2 * 34
    if run not in {'lottery', 'lottery_epoch5', 'set', 'dsr', 'deep_r'}:
      # A layer that is dense here would be in no ranking.
      assert experiment.config.updater.distribution == 'uniform'
    if run == 'grasp_code':
      assert scoring.shape(experiment) == SCORED[net]
    expected = 1 if run == 'pruned' else dense.plan.num_steps
    assert experiment.plan.num_steps == expected


def test_tickets_have_masks_and_weights_of_the_dense_net():
  study = load('accuracy', 'resnet32_cifar10')
  for name, step in (('lottery', 0), ('lottery_epoch5', 1953)):
    own = study.run(name).overrides
    assert own['init.masks'] == '{pruned}'
    assert own['init.checkpoint'] == '{dense}'
    assert own['init.checkpoint_step'] == step
  for name in ('pruned', 'obd'):
    own = study.run(name).overrides
    assert own['init.checkpoint'] == '{dense}'
    assert 'init.checkpoint_step' not in own


def test_a_control_changes_one_field():
  study = load('sanity', 'vgg19_cifar10')
  changed = {}
  for run in study.runs:
    method, _, control = run.name.rpartition('_')
    if method in {'magnitude', 'snip', 'grasp', 'synflow'}:
      base = study.run(method)
      assert (run.config, run.grid) == (base.config, base.grid)
      own = dict(run.overrides.items() - base.overrides.items())
      assert not base.overrides.keys() - run.overrides.keys()
      changed.setdefault(control, []).append(own)
  assert {control: own[0] for control, own in changed.items()} == {
    'shuffled': {'updater.shuffled': True},
    'fresh': {'scoring.init': 'fresh'},
    'inverted': {'updater.inverted': True},
    'absolute': {'updater.absolute': True},
    'labels': {'scoring.corrupt': ('labels',)},
    'pixels': {'scoring.corrupt': ('labels', 'pixels')},
  }
  assert all(
    own == all_own[0] for all_own in changed.values() for own in all_own
  )


@pytest.mark.slow
@pytest.mark.parametrize(
  ('study', 'net'),
  [
    *(('batch_sizes', net) for net in ('vgg19_cifar100', 'resnet32_cifar10')),
    *(('initialisations', 'vgg19_cifar10'), ('random_pruning', NETS[0])),
    *(('curves', 'resnet32_cifar100'), ('sanity', 'resnet32_cifar10')),
    *(('imagenet', 'resnet50'), ('imagenet', 'vgg16')),
  ],
)
@pytest.mark.usefixtures('by_magnitude')
def test_the_study_is_planned_without_data(study, net, one_seed, reduced):
  planned = one_seed(reduced(load(study, net)))
  (steps,) = {e.plan.num_steps for e in planned.values()}
  assert steps == int(90 * 1_281_167 / 256 if study == 'imagenet' else 62_500)


def judged(study, printed):
  """The outcomes at those points of which there are numbers."""
  found = []
  for claim in study.claims:
    points = {row.point for row in printed(study) if row.run in claim.names()}
    rows = {
      row: sample
      for row, sample in printed(study).items()
      if row.point in points
    }
    if {row.run for row in rows} >= set(claim.names()):
      found += [v.outcome for v in verdicts.judge(claim, rows)]
  return found


@pytest.mark.parametrize(
  ('study', 'net', 'number'),
  [
    *(('accuracy', net, 7) for net in NETS),
    *(('random_pruning', net, 5) for net in NETS if 'tiny' not in net),
    *(('imagenet', net, 3) for net in ('resnet50', 'vgg16')),
  ],
)
def test_the_papers_numbers_hold_its_claims(study, net, number, printed):
  assert judged(load(study, net), printed) == ['holds'] * number


@pytest.mark.parametrize(
  ('study', 'net', 'run', 'sparsity', 'accuracy'),
  [
    ('accuracy', 'vgg19_cifar10', 'grasp', 0.98, 92.19),
    ('accuracy', 'vgg19_cifar10', 'grasp', 0.985, None),
    ('accuracy', 'vgg19_cifar100', 'snip', 0.98, 58.46),
    ('accuracy', 'resnet32_tiny_imagenet', 'lottery_epoch5', 0.85, 60.31),
    ('accuracy', 'resnet32_cifar10', 'dense', None, 94.8),
    ('random_pruning', 'resnet32_cifar100', 'random', 0.995, 18.51),
    ('random_pruning', 'resnet32_cifar100', 'grasp_code', 0.995, 35.55),
    ('sanity', 'resnet32_cifar100', 'smart_ratio', 0.98, 60.11),
    ('sanity', 'resnet32_cifar100', 'grasp_shuffled', 0.98, None),
    ('imagenet', 'resnet50', 'grasp_code', 0.9, 68.14),
  ],
)
def test_numbers_are_beside_their_rows(study, net, run, sparsity, accuracy):
  of = load(study, net)
  point = () if sparsity is None else ((SPARSITY, sparsity),)
  row = Row(run, point)
  assert row in of.rows()
  assert of.run(run).paper_value(row, 'test_accuracy') == accuracy


def test_mlprune_is_in_words():
  notes = load('accuracy', 'vgg19_cifar100').notes
  assert '73.79 % at 90 %, 73.07 % at 95 %, 71.69 % at 98 %' in notes
  assert 'from memory' in notes
