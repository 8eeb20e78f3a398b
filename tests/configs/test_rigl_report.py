"""The recipes of the RigL paper's reproducibility report, likewise."""

import dataclasses

import jax
import numpy as np
import pytest

from jaxsparse.config.resolve import resolve
from jaxsparse.runs import dry_run, outline, recipes
from jaxsparse.studies import config_files

EQUAL = (0.5, 0.8, 0.9)  # Sparsities of the nets of equal FLOPs.
WRN22_2 = 1_076_912  # Published; the first convolution is 3 x 3 x 3 x 16.

REPORTED = (
  *('rigl_erk', 'gmp_global', 'lottery_global', 'small_dense_90'),
  *('rigl_uniform_2x', 'static_uniform'),
)


def load(name):
  return config_files.load_study(f'studies/rigl/{name}')


@pytest.mark.parametrize(
  'names', [REPORTED, pytest.param((), marks=pytest.mark.slow)]
)
def test_the_report_on_wrn22_2_is_planned_with_its_steps(
  names, one_seed, reduced
):
  study = reduced(load('report:cifar10'))
  own = tuple(run for run in study.runs if run.name in names) or study.runs
  runs = one_seed(dataclasses.replace(study, runs=own))
  rigl, gmp = runs['rigl_erk', 0.9], runs['gmp_global', 0.9]
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
  assert active['gmp_global', 0.9] == pytest.approx(
    432 + 0.1 * (WRN22_2 - 432), abs=25
  )
  assert active['lottery_global', 0.9] == active['gmp_global', 0.9]
  # Channels times the root of 0.1: 5, 10, 20, 40 for 16, 32, 64, 128.
  small = outline.size(runs['small_dense_90',])
  assert runs['small_dense_90',].module.channels == (10, 20, 40)
  assert small.active == small.weights == pytest.approx(0.1 * WRN22_2, rel=0.03)


def test_wrn22_2_on_all_images_has_as_many_epochs(one_seed, only, reduced):
  study = only(reduced(load('report_full')), 'rigl_erk', 'gmp_global')
  runs = one_seed(study)
  for (name, _), experiment in runs.items():
    assert len(experiment.dataset.train.labels) == 50_000
    assert experiment.plan.num_steps == 250 * 50_000 // 128
    # The first convolution stays dense where one threshold cuts the rest.
    dense = 432 if name == 'gmp_global' else 0
    assert outline.size(experiment).active == pytest.approx(
      dense + 0.1 * (WRN22_2 - dense), abs=25
    )
  # Three quarters of the run.
  assert runs['rigl_erk', 0.9].plan.mask_steps[-1] == 73_199
  assert runs['gmp_global', 0.9].plan.mask_steps[-1] == 73_200


@pytest.fixture(name='slices')
def _slices(one_seed, only, reduced):
  def slices(data):
    """RigL on slices, at the last sparsity: active weights of its spreads."""
    study = only(
      reduced(load(f'structured:{data}')),
      'structured_uniform',
      'structured_erk',
    )
    for experiment in one_seed(study).values():
      counts = experiment.target_counts
      yield counts.pop('logits/kernel'), sum(counts.values())
      own = experiment.config.updater.hyperparameters
      assert own['structure'] == 'kernel_slice'

  return slices


def falls(config):
  """The steps of a run at which the rate falls to a fifth."""
  unwarmed = dataclasses.replace(config.optimizer, warmup_steps=0)
  after = recipes.rate(unwarmed, config.num_steps)
  rates = np.asarray(jax.jit(jax.vmap(after))(np.arange(config.num_steps)))
  found = np.flatnonzero(np.diff(rates)) + 1
  np.testing.assert_allclose(rates[found] / rates[found - 1], 0.2, rtol=1e-5)
  return list(found)


def test_wrn22_2_is_pruned_by_one_threshold_after_a_warm_up(
  one_seed, only, reduced
):
  names = ('gmp_global', 'lottery_global', 'rigl_uniform')
  runs = one_seed(only(reduced(load('report:cifar10')), *names))
  gmp, ticket = (runs[name, 0.9] for name in names[:2])
  assert gmp.config.updater.hyperparameters['global_ranking']
  assert gmp.config.optimizer.warmup_steps == 3500
  # Every 30,000 steps, from the end of the epoch that the warm-up ends in.
  assert falls(gmp.config) == [33_520, 63_520]
  assert falls(ticket.config) == [30_000, 60_000]
  (long,) = one_seed(only(reduced(load('report_full')), 'gmp_global')).values()
  assert falls(long.config) == [33_520, 63_520, 93_520]
  assert gmp.target_counts == runs['rigl_uniform', 0.9].target_counts
  # A ticket keeps what each layer kept.
  updater = ticket.updater
  assert updater.facts.invariant == 'total'


def test_the_rate_of_resnet50_falls_by_steps_from_the_end_of_its_warm_up():
  config = resolve(config_files.load_config('cifar100/resnet50:rigl'))
  assert config.optimizer.warmup_steps == 1760
  assert falls(config) == [21_760, 41_760, 61_760, 81_760]


def test_convolutions_pay_for_the_classifier_of_wrn22_2(slices):
  for classifier, convolutions in slices('cifar10'):
    assert classifier == 1280
    assert convolutions == pytest.approx(0.1 * WRN22_2 - 1280, abs=25)


@pytest.fixture(name='costs')
def _costs(one_seed, only, reduced):
  def costs(data, last):
    """Shares of dense FLOPs: of uniform nets, and of ERK nets with as many."""
    study = only(
      reduced(load(f'equal_flops:{data}'), last),
      'rigl_uniform',
      *(f'rigl_erk_flops_of_{100 * s:g}' for s in EQUAL),
    )
    shares = {}
    for row, experiment in one_seed(study).items():
      sparse, dense = outline.multiply_adds(experiment)
      shares[row] = sparse / dense
    return [
      (shares['rigl_uniform', s], shares[f'rigl_erk_flops_of_{100 * s:g}',])
      for s in EQUAL[-last:]
    ]

  return costs


def test_wrn22_2_of_equal_flops(costs):
  # Published: 0.10 and 0.20 for Random.
  shares = costs('cifar10', 2)
  for (uniform, erk), published in zip(shares, (0.20, 0.10), strict=True):
    assert uniform == pytest.approx(published, abs=5e-3)
    assert erk == pytest.approx(uniform, abs=2e-4)


@pytest.mark.slow
def test_resnet50_on_cifar100_of_equal_flops_or_on_slices(slices, costs):
  for uniform, erk in costs('cifar100', 3):
    assert erk == pytest.approx(uniform, abs=2e-4)
  for classifier, convolutions in slices('cifar100'):
    assert classifier == 204_800
    assert convolutions == pytest.approx(2_365_203 - 204_800, abs=54)


@pytest.mark.slow
def test_wrn22_2_that_is_tuned_or_redistributed_is_planned(one_seed, reduced):
  runs = one_seed(reduced(load('redistribution:cifar10')))
  for spread in ('uniform', 'erk'):
    sums = {
      outline.size(runs[f'{m}_{spread}', 0.9]).active
      for m in ('rigl', 'rigl_sg', 'rigl_sm', 'reinit')
    }
    assert len(sums) == 1
    fresh = runs[f'reinit_{spread}', 0.9]
    assert fresh.config.updater.name == 'rigl'
    assert fresh.config.init.masks.startswith('run:')
    assert not fresh.config.init.checkpoint
  tuned = one_seed(load('report_tuning'))['tuned_erk_80', 0.8]
  assert tuned.plan.mask_steps[:2] == range(949, 2849, 950)
  assert tuned.config.updater.hyperparameters['drop_fraction'] == 0.381


@pytest.mark.slow
def test_the_report_on_resnet50_is_planned(one_seed, reduced):
  runs = one_seed(reduced(load('report:cifar100')))
  erk, uniform = (runs[f'rigl_{s}', 0.9] for s in ('erk', 'uniform'))
  # Published, as are the sums of both spreads.
  assert outline.size(erk).weights == 23_652_032
  assert outline.size(erk).active == 2_365_249
  assert outline.size(uniform).active == 2_366_785
  assert len(erk.plan.mask_steps) == 659
  pruned = runs['gmp_global', 0.9]
  assert pruned.config.updater.hyperparameters['global_ranking']
  assert outline.size(pruned).active == 2_366_785
  assert (pruned.plan.mask_steps[0], pruned.plan.mask_steps[-1]) == (
    700,
    65_900,
  )
  assert runs['rigl_uniform_3x', 0.9].plan.num_steps == 3 * 88_000
  small = outline.size(runs['small_dense_90',])
  assert small.active == pytest.approx(0.1 * 23_652_032, rel=0.05)


@pytest.mark.slow
def test_learning_rates_of_wrn22_2_are_planned(one_seed, reduced):
  runs = one_seed(reduced(load('report_rates')))
  assert len(runs) == 9
  for (name, rate), experiment in runs.items():
    assert experiment.config.optimizer.learning_rate == rate == 0.1
    if name != 'dense':
      interval = int(name.rpartition('_')[2])
      assert experiment.plan.mask_steps[0] == interval - 1
      assert outline.size(experiment).sparsity == pytest.approx(0.8, abs=5e-4)


@pytest.mark.slow
def test_whole_slices_move_in_real_steps(one_seed, only, reduced):
  study = only(reduced(load('structured:cifar10')), 'structured_erk')
  (experiment,) = one_seed(study).values()
  losses = dry_run.take(experiment)
  assert len(losses) == 3
