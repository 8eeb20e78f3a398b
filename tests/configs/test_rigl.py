"""The recipes of the RigL paper and of its report: planned by shapes alone.

Steps are worked out here from the paper's numbers; no data are there.
"""

import dataclasses

import numpy as np
import pytest

from jaxsparse.experiments import (
  config_files,
  dry_run,
  learning_rate,
  outline,
)
from jaxsparse.experiments.build import build
from jaxsparse.experiments.papers.rigl import (
  equal_flops,
  growth,
  imagenet,
  longer,
  mnist,
  report,
  report_further,
  report_tuning,
  sweeps,
)
from jaxsparse.experiments.studies.planning.members import expand

WRN22_2 = 1_076_912  # Published; the first convolution is 3 x 3 x 3 x 16.


def planned(name, folder, **changed):
  config = config_files.load_config(name)
  config.data.dir = str(folder / 'nowhere')
  for field, value in changed.items():
    config[field] = value
  return build(config, without_data=True)


def one_seed(study, **overrides):
  """What one seed of each run is planned as, by run and point."""
  study = dataclasses.replace(
    study,
    runs=tuple(
      dataclasses.replace(
        run,
        seeds=1,
        overrides={**run.overrides, 'data.dir': '/nowhere', **overrides},
      )
      for run in study.runs
    ),
  )
  made = expand(study, '/nowhere/runs', without_data=True)
  assert [cell.error for cell in made.cells if cell.error] == []
  return {
    (cell.row.run, *(value for _, value in cell.row.point)): made.members[
      cell.member
    ].experiment
    for cell in made.cells
  }


@pytest.mark.parametrize(
  ('times', 'steps', 'moving', 'pruned'),
  [
    (1.0, 97_656, (750, 74_900), (20_000, 75_000, 56)),
    (0.2, 19_531, (150, 14_900), (4000, 15_000, 12)),
  ],
)
def test_wrn22_2_takes_the_steps_of_the_paper(
  times, steps, moving, pruned, tmp_path
):
  dense = planned('cifar10/wrn22_2_dense', tmp_path, multiplier=times)
  assert outline.size(dense).weights == WRN22_2
  assert dense.plan.num_steps == steps
  rigl = planned('cifar10/wrn22_2_rigl', tmp_path, multiplier=times)
  assert outline.size(rigl).active == pytest.approx(
    432 + 0.05 * (WRN22_2 - 432), abs=25
  )
  at = rigl.plan.mask_steps
  assert (at[0], len(at), at[-1]) == (0, *moving)
  gmp = planned('cifar10/wrn22_2_gmp', tmp_path, multiplier=times).plan
  first, last, number = pruned
  assert (gmp.mask_steps[0], gmp.mask_steps[-1]) == (first, last)
  assert len(gmp.mask_steps) == number


@pytest.mark.parametrize('times', [1.0, 2.0, 0.2])
def test_the_rate_of_wrn22_2_falls_at_multiples_of_30_000(times):
  config = config_files.load_config('cifar10/wrn22_2_rigl')
  steps = int(97_656 * times)
  shape = learning_rate.shape(config.optimizer.to_dict(), steps)
  for i in range(4):
    edge = int(np.floor(30_000 * i * steps / 97_656))
    for step in (edge - 1, edge):
      if step >= 0:
        falls = i if step == edge else i - 1
        assert float(shape(step)) == pytest.approx(0.2**falls, rel=1e-5)


def test_lenet_300_100_is_as_sparse_by_layer_as_in_the_authors_code():
  table = one_seed(mnist.table())
  runs = table | one_seed(mnist.short())
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


def only(study, *names):
  """The study with these runs alone; no claims or figures."""
  return dataclasses.replace(
    study,
    claims=(),
    figures=(),
    runs=tuple(run for run in study.runs if run.name in names),
  )


def test_starts_of_grown_weights_differ_in_nothing_else():
  runs = one_seed(growth.starts())
  (short,) = one_seed(only(mnist.short(), 'rigl_erk')).values()
  found = []
  for experiment in runs.values():
    own = dict(experiment.config['updater'])
    found.append((own.pop('grow_init'), own.pop('grow_scale')))
    assert own.items() <= short.config['updater'].items()
    assert experiment.plan == short.plan
  random = [('normal', 1.0), ('normal', 0.1), ('sparse', 1.0)]
  assert found == [('zeros', 1.0), *random, ('gradient', 1.0)]


def reduced(study, points=1):
  """The study with the last points of each grid alone; no claims or figures."""
  return dataclasses.replace(
    study,
    claims=(),
    figures=(),
    runs=tuple(
      dataclasses.replace(
        run,
        grid={field: v[-points:] for field, v in run.grid.items()},
        paper={},
      )
      for run in study.runs
    ),
  )


REPORTED = (
  *('rigl_erk', 'gmp_erk', 'lottery_erk', 'small_dense_90'),
  *('rigl_uniform_2x', 'static_uniform'),
)


@pytest.mark.parametrize(
  'names', [REPORTED, pytest.param((), marks=pytest.mark.slow)]
)
def test_the_report_on_wrn22_2_is_planned_with_its_steps(names):
  study = reduced(report.cifar10())
  own = tuple(run for run in study.runs if run.name in names) or study.runs
  runs = one_seed(dataclasses.replace(study, runs=own))
  rigl, gmp = runs['rigl_erk', 0.9], runs['gmp_erk', 0.9]
  assert len(rigl.dataset.train.labels) == 45_000
  # The published number of mask steps.
  assert len(rigl.plan.mask_steps) == 659
  assert len(runs['rigl_uniform_2x', 0.9].plan.mask_steps) == 1317
  assert (gmp.plan.mask_steps[0], gmp.plan.mask_steps[-1]) == (700, 65_900)
  active = {name: outline.size(run).active for name, run in runs.items()}
  for name, *point in active:
    if 'uniform' in name:
      assert active[name, *point] == active['rigl_uniform_2x', 0.9]
  # The first convolution is sparse with the rest, or is not.
  assert active['rigl_erk', 0.9] == pytest.approx(0.1 * WRN22_2, abs=25)
  assert active['lottery_erk', 0.9] == active['gmp_erk', 0.9]
  # Channels times the root of 0.1: 5, 10, 20, 40 for 16, 32, 64, 128.
  small = outline.size(runs['small_dense_90',])
  assert runs['small_dense_90',].module.channels == (10, 20, 40)
  assert small.active == small.weights == pytest.approx(0.1 * WRN22_2, rel=0.03)


def test_wrn22_2_on_all_images_has_as_many_epochs():
  study = only(reduced(report_further.full()), 'rigl_erk', 'gmp_erk')
  runs = one_seed(study)
  for experiment in runs.values():
    assert len(experiment.dataset.train.labels) == 50_000
    assert experiment.plan.num_steps == 250 * 50_000 // 128
    assert outline.size(experiment).active == pytest.approx(
      0.1 * WRN22_2, abs=25
    )
  # Three quarters of the run.
  assert runs['rigl_erk', 0.9].plan.mask_steps[-1] == 73_199
  assert runs['gmp_erk', 0.9].plan.mask_steps[-1] == 73_200


def slices(net):
  """RigL on slices, at the last sparsity: active weights of its spreads."""
  study = only(
    reduced(report_further.structured(net, 'name')),
    'structured_uniform',
    'structured_erk',
  )
  for experiment in one_seed(study).values():
    counts = experiment.target_counts
    yield counts.pop('logits/kernel'), sum(counts.values())
    assert experiment.config['updater']['structure'] == 'kernel_slice'


def test_convolutions_pay_for_the_classifier_of_wrn22_2():
  for classifier, convolutions in slices(report.CIFAR10):
    assert classifier == 1280
    assert convolutions == pytest.approx(0.1 * WRN22_2 - 1280, abs=25)


def costs(net, equal, last):
  """FLOPs of uniform nets and of ERK nets with as many, as shares of dense."""
  study = only(
    reduced(equal_flops.study(net, equal, 'name'), last),
    'rigl_uniform',
    *(f'rigl_erk_flops_of_{100 * s:g}' for s in equal.sparsities),
  )
  shares = {}
  for row, experiment in one_seed(study).items():
    sparse, dense = outline.multiply_adds(experiment)
    shares[row] = sparse / dense
  return [
    (shares['rigl_uniform', s], shares[f'rigl_erk_flops_of_{100 * s:g}',])
    for s in tuple(equal.sparsities)[-last:]
  ]


def test_wrn22_2_of_equal_flops():
  # Published: 0.10 and 0.20 for Random.
  shares = costs(report.CIFAR10, equal_flops.CIFAR10, 2)
  for (uniform, erk), published in zip(shares, (0.20, 0.10), strict=True):
    assert uniform == pytest.approx(published, abs=5e-3)
    assert erk == pytest.approx(uniform, abs=2e-4)


@pytest.mark.slow
def test_resnet50_on_cifar100_of_equal_flops_or_on_slices():
  for uniform, erk in costs(report.CIFAR100, equal_flops.CIFAR100, 3):
    assert erk == pytest.approx(uniform, abs=2e-4)
  for classifier, convolutions in slices(report.CIFAR100):
    assert classifier == 204_800
    assert convolutions == pytest.approx(2_365_203 - 204_800, abs=54)


@pytest.mark.slow
def test_wrn22_2_that_is_tuned_or_redistributed_is_planned():
  runs = one_seed(reduced(report.redistribution(report.CIFAR10, 'C10')))
  for spread in ('uniform', 'erk'):
    sums = {
      outline.size(runs[f'{m}_{spread}', 0.9]).active
      for m in ('rigl', 'rigl_sg', 'rigl_sm', 'reinit')
    }
    assert len(sums) == 1
  tuned = one_seed(report_tuning.tuning())['tuned_erk_80', 0.8]
  assert tuned.plan.mask_steps[:2] == range(949, 2849, 950)
  assert tuned.config['updater']['drop_fraction'] == 0.381


@pytest.mark.slow
def test_the_report_on_resnet50_is_planned():
  runs = one_seed(reduced(report.cifar100()))
  erk, uniform = (runs[f'rigl_{s}', 0.9] for s in ('erk', 'uniform'))
  # Published, as are the sums of both spreads.
  assert outline.size(erk).weights == 23_652_032
  assert outline.size(erk).active == 2_365_249
  assert outline.size(uniform).active == 2_366_785
  assert len(erk.plan.mask_steps) == 659
  assert runs['rigl_uniform_3x', 0.9].plan.num_steps == 3 * 88_000
  small = outline.size(runs['small_dense_90',])
  assert small.active == pytest.approx(0.1 * 23_652_032, rel=0.05)


@pytest.mark.slow
def test_resnet50_on_imagenet_is_planned():
  runs = one_seed(reduced(imagenet.resnet50(), points=4))
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
  assert runs['rigl_uniform_5x', 0.8].config['optimizer']['warmup_steps'] == (
    5 * 1564
  )
  longer = runs['gmp_uniform_1_5x', 0.8].plan
  assert (longer.num_steps, longer.mask_steps[0]) == (48_000, 15_000)


@pytest.mark.slow
def test_sweeps_of_resnet50_are_planned():
  runs = one_seed(reduced(sweeps.updates())) | one_seed(
    only(reduced(sweeps.decays()), 'linear_every_50', 'cosine_every_50')
  )
  assert {outline.size(run).active for run in runs.values()} == {5_108_133}
  for (name, fraction), experiment in runs.items():
    interval = int(name.rpartition('_')[2])
    assert len(experiment.plan.mask_steps) == 25_000 // interval
    assert experiment.config['updater']['drop_fraction'] == fraction == 0.5
  assert runs['linear_every_50', 0.5].config['updater']['drop_schedule'] == (
    'linear'
  )


@pytest.mark.slow
def test_resnet50_is_spread_in_three_ways_and_trained_for_longer():
  rows = ('rigl_uniform', 'rigl_er', 'rigl_erk')
  runs = one_seed(only(reduced(sweeps.distributions(), points=4), *rows))
  # By the papers' count of FLOPs at 80 %.
  for row, published in zip(rows, (0.2254, 0.4546, 0.4153), strict=True):
    sparse, dense = outline.multiply_adds(runs[row, 0.8])
    assert sparse / dense == pytest.approx(published, abs=5e-3)
  long = one_seed(longer.resnet50())['rigl_erk_100x', 0.99]
  assert (long.plan.num_steps, len(long.plan.mask_steps)) == (3_200_000, 25_000)
  assert long.target_counts['conv/kernel'] == 9408
  sparse, dense = outline.multiply_adds(long)
  assert sparse / dense == pytest.approx(0.0548, abs=5e-3)
  one_seed(longer.mobilenet_v1())


@pytest.mark.slow
def test_learning_rates_of_wrn22_2_are_planned():
  runs = one_seed(reduced(report_tuning.rates()))
  assert len(runs) == 9
  for (name, rate), experiment in runs.items():
    assert experiment.config['optimizer']['learning_rate'] == rate == 0.1
    if name != 'dense':
      interval = int(name.rpartition('_')[2])
      assert experiment.plan.mask_steps[0] == interval - 1
      assert outline.size(experiment).sparsity == pytest.approx(0.8, abs=5e-4)


@pytest.mark.slow
def test_mobilenets_on_imagenet_are_planned():
  runs = one_seed(reduced(imagenet.mobilenet_v1(), points=4))
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
  one_seed(reduced(imagenet.mobilenet_v2()))


@pytest.mark.slow
def test_whole_slices_move_in_real_steps():
  study = only(
    reduced(report_further.structured(report.CIFAR10, 'name')), 'structured_erk'
  )
  (experiment,) = one_seed(study).values()
  taken = dry_run.take(experiment, dry_run.stand_in(experiment))
  assert len(taken.losses) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
  'name',
  [
    'cifar10/wrn22_2_rigl',
    'cifar100/resnet50_gmp',
    'imagenet/mobilenet_v1_set',
  ],
)
def test_a_recipe_takes_real_steps(name, tmp_path):
  experiment = planned(name, tmp_path)
  taken = dry_run.take(experiment, dry_run.stand_in(experiment))
  assert len(taken.losses) == 3
  classes = experiment.dataset.num_classes
  assert taken.losses[0] == pytest.approx(np.log(classes), rel=0.25)
