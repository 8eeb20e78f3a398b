"""The recipes of the RigL paper: planned by shapes alone.

Steps are worked out here from the paper's numbers; no data are there.
"""

import numpy as np
import pytest

from jaxsparse.config import dicts
from jaxsparse.config.resolve import resolve
from jaxsparse.runs import compiled, dry_run, outline, recipes
from jaxsparse.studies import config_files

WRN22_2 = 1_076_912  # Published; the first convolution is 3 x 3 x 3 x 16.


def load(name):
  return config_files.load_study(f'studies/rigl/{name}')


@pytest.mark.parametrize(
  ('times', 'steps', 'moving', 'pruned'),
  [
    (1.0, 97_656, (750, 74_900), (20_000, 75_000, 56)),
    (0.2, 19_531, (150, 14_900), (4000, 15_000, 12)),
  ],
)
def test_wrn22_2_takes_the_steps_of_the_paper(
  times, steps, moving, pruned, planned
):
  dense = planned('cifar10/wrn22_2:dense', multiplier=times)
  assert outline.size(dense).weights == WRN22_2
  assert dense.plan.num_steps == steps
  rigl = planned('cifar10/wrn22_2:rigl', multiplier=times)
  assert outline.size(rigl).active == pytest.approx(
    432 + 0.05 * (WRN22_2 - 432), abs=25
  )
  at = rigl.plan.mask_steps
  assert (at[0], len(at), at[-1]) == (0, *moving)
  gmp = planned('cifar10/wrn22_2:gmp', multiplier=times).plan
  first, last, number = pruned
  assert (gmp.mask_steps[0], gmp.mask_steps[-1]) == (first, last)
  assert len(gmp.mask_steps) == number


@pytest.mark.parametrize('times', [1.0, 2.0, 0.2])
def test_the_rate_of_wrn22_2_falls_at_multiples_of_30_000(times):
  config = config_files.load_config('cifar10/wrn22_2:rigl')
  steps = int(97_656 * times)
  shape = recipes.rate(resolve(config).optimizer, steps)
  for i in range(4):
    edge = int(np.floor(30_000 * i * steps / 97_656))
    for step in (edge - 1, edge):
      if step >= 0:
        falls = i if step == edge else i - 1
        assert float(shape(step)) == pytest.approx(0.2**falls, rel=1e-5)


def test_lenet_300_100_is_as_sparse_by_layer_as_in_the_authors_code(one_seed):
  table = one_seed(load('mnist_table'))
  runs = table | one_seed(load('mnist'))
  layers = {'Dense_0': 2352, 'Dense_1': 3270, 'Dense_2': 1000}
  for name in ('static', 'set', 'rigl'):
    counts = runs[f'{name}_layers', 0.99].target_counts
    assert counts == {f'{k}/kernel': n for k, n in layers.items()}
    assert sum(runs[f'{name}_erk', 0.98].target_counts.values()) == 5326
  plans = [table[k].plan for k in (('rigl_layers', 0.99), ('rigl_plus',))]
  for long in plans:
    assert (long.num_steps, len(long.mask_steps)) == (120_000, 500)
  # 4 % of 408 x 100, 14 % of 100 x 69, all of 69 x 10.
  counts = table['rigl_plus',].target_counts
  assert list(counts.values()) == [1632, 966, 690]


def test_starts_of_grown_weights_differ_in_nothing_else(one_seed, only):
  runs = one_seed(load('mnist_growth'))
  (short,) = one_seed(only(load('mnist'), 'rigl_erk')).values()
  found = []
  for experiment in runs.values():
    own = dicts.to_dict(experiment.config.updater)
    found.append((own.pop('grow_init'), own.pop('grow_scale')))
    assert own.items() <= dicts.to_dict(short.config.updater).items()
    assert experiment.plan == short.plan
  random = [('normal', 1.0), ('normal', 0.1), ('sparse', 1.0)]
  assert found == [('zeros', 1.0), *random, ('gradient', 1.0)]


def test_momenta_of_snfs_are_one_population(one_seed):
  runs = one_seed(load('snfs_momentum:lenet_300_100'))
  assert len({compiled.family(run) for run in runs.values()}) == 1
  own = [dicts.to_dict(run.config.updater) for run in runs.values()]
  assert [fields.pop('momentum') for fields in own] == [0.0, 0.5, 0.9, 0.99]
  assert all(fields == own[0] for fields in own)


def test_weights_move_between_layers_that_start_uniform(one_seed):
  runs = one_seed(load('mnist_redistribution'))
  for (name, _), run in runs.items():
    uniform = list(run.target_counts.values()) == [4704, 600, 20]
    assert uniform == (name != 'rigl_erk')
    moves = run.updater.facts.invariant == 'total'
    assert moves == (name not in ('rigl_erk', 'rigl_uniform'))


def test_nets_on_cifar10_are_probed_at_the_step_that_claims_take(one_seed):
  study = load('cifar10_barriers')
  for run in one_seed(study).values():
    assert run.plan.num_steps == 97_656
    assert run.plan.probes(97_656)
  assert 'probe_loss@97656' in {claim.metric for claim in study.claims}


@pytest.mark.slow
def test_label_smoothing_alone_is_left_out(one_seed, reduced):
  runs = one_seed(reduced(load('label_smoothing')))
  for (name, sparsity), run in runs.items():
    assert sparsity == 0.95
    smoothed = 0.0 if name.endswith('unsmoothed') else 0.1
    assert run.config.label_smoothing == smoothed
    base = runs[name.removesuffix('_unsmoothed'), sparsity]
    assert run.config.updater == base.config.updater
    assert run.plan == base.plan


@pytest.mark.slow
def test_resnet50_on_imagenet_is_planned(one_seed, reduced):
  runs = one_seed(reduced(load('imagenet:resnet50'), points=4))
  active = {name: outline.size(run).active for name, run in runs.items()}
  # Published sums.
  assert [active['rigl_erk', s] for s in (0.8, 0.9, 0.95, 0.965)] == [
    5_100_630,
    2_550_353,
    1_275_200,
    892_651,
  ]
  assert active['rigl_uniform', 0.965] == 901_710
  plan = runs['rigl_uniform_5x', 0.8].plan
  assert (plan.num_steps, len(plan.mask_steps)) == (160_000, 1250)
  assert runs['rigl_uniform_5x', 0.8].config.optimizer.warmup_steps == (
    5 * 1564
  )
  longer = runs['gmp_uniform_1_5x', 0.8].plan
  assert (longer.num_steps, longer.mask_steps[0]) == (48_000, 15_000)


@pytest.mark.slow
def test_sweeps_of_resnet50_are_planned(one_seed, only, reduced):
  runs = one_seed(reduced(load('update_intervals'))) | one_seed(
    only(reduced(load('drop_schedules')), 'linear_every_50', 'cosine_every_50')
  )
  assert {outline.size(run).active for run in runs.values()} == {5_108_133}
  for (name, fraction), experiment in runs.items():
    interval = int(name.rpartition('_')[2])
    assert len(experiment.plan.mask_steps) == 25_000 // interval
    own = experiment.config.updater.hyperparameters
    assert own['drop_fraction'] == fraction == 0.5
  own = runs['linear_every_50', 0.5].config.updater.hyperparameters
  assert own['drop_schedule'] == 'linear'


@pytest.mark.slow
def test_resnet50_is_spread_in_three_ways_and_trained_for_longer(
  one_seed, only, reduced
):
  rows = ('rigl_uniform', 'rigl_er', 'rigl_erk')
  runs = one_seed(only(reduced(load('distributions'), points=4), *rows))
  # By the papers' count of FLOPs at 80 %.
  for row, published in zip(rows, (0.2254, 0.4546, 0.4153), strict=True):
    sparse, dense = outline.multiply_adds(runs[row, 0.8])
    assert sparse / dense == pytest.approx(published, abs=5e-3)
  long = one_seed(load('longer:resnet50'))['rigl_erk_100x', 0.99]
  assert (long.plan.num_steps, len(long.plan.mask_steps)) == (3_200_000, 25_000)
  assert long.target_counts['conv/kernel'] == 9408
  sparse, dense = outline.multiply_adds(long)
  assert sparse / dense == pytest.approx(0.0548, abs=5e-3)
  one_seed(load('longer:mobilenet_v1'))


@pytest.mark.slow
def test_mobilenets_on_imagenet_are_planned(one_seed, reduced):
  runs = one_seed(reduced(load('imagenet:mobilenet_v1'), points=4))
  for experiment in runs.values():
    counts, shapes = experiment.target_counts, experiment.params
    depthwise = [path for path in counts if 'depthwise' in path]
    assert len(depthwise) == 13
    for path in (*depthwise, 'conv/kernel'):
      leaf = shapes
      for key in path.split('/'):
        leaf = leaf[key]
      assert counts[path] == leaf.size
  size = outline.size(runs['rigl_uniform_5x', 0.75])
  # Published: 74.2 % of all weights.
  assert size.sparsity == pytest.approx(0.742, abs=5e-4)
  one_seed(reduced(load('imagenet:mobilenet_v2')))


@pytest.mark.slow
@pytest.mark.parametrize(
  ('name', 'tolerance'),
  [
    ('cifar10/wrn22_2:rigl', 0.25),
    ('cifar100/resnet50:gmp', 0.25),
    ('imagenet/mobilenet_v1:set', 0.25),
    ('imagenet/resnet50:rigl', 0.1),
    ('imagenet/resnet50:gmp', 0.1),
    ('imagenet/vgg16:gmp', 0.1),
    # Its sparse init makes large logits.
    ('imagenet/vgg16:rigl', None),
  ],
)
def test_a_recipe_takes_real_steps(name, tolerance, planned):
  experiment = planned(name)
  losses = dry_run.take(experiment)
  assert len(losses) == 3
  if tolerance is not None:
    # Before anything is learnt: the loss of a guess.
    guess = np.log(experiment.dataset.num_classes)
    assert losses[0] == pytest.approx(guess, rel=tolerance)
