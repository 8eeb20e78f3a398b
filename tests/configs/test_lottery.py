"""Recipes of dense nets of tickets, and the studies of the papers."""

import dataclasses

import pytest

from jaxsparse.claims import verdicts
from jaxsparse.config.overrides import override
from jaxsparse.runs import baselines, outline, recipes
from jaxsparse.studies import config_files

RESNET_20 = 270_896
VGG_16 = 14_715_584


@pytest.mark.parametrize(
  ('name', 'weights', 'steps', 'batch'),
  [
    ('conv_net:conv_2', 4_300_992, 20_000, 60),
    ('conv_net:conv_6', 2_261_184, 30_000, 60),
    ('conv_net:maene', 2_425_024, 75 * 50_000 // 128, 128),
    ('mobilenet', 3_195_328, 125_000, 64),
    ('resnet_20:frankle_carbin', RESNET_20, 30_000, 128),
    ('resnet_20:linear_mode', RESNET_20, 63_000, 128),
    ('resnet_20:maene', 268_336, 85 * 50_000 // 128, 128),
    ('resnet_20:ma', RESNET_20, 125_000, 64),
    ('resnet_32:plain', 1_845_344, 125_000, 64),
    ('resnet_56', 851_504, 71_108, 128),
    ('resnet_50:renda', 25_502_912, 112_590, 1024),
    ('vgg_16:ma', VGG_16, 125_000, 64),
    ('vgg_19', 20_024_000, 112_000, 64),
    ('open_lth:mnist_lenet_300_100', 266_200, 40 * 60_000 // 128, 128),
    ('open_lth:cifar_resnet_20', RESNET_20, 62_500, 128),
    ('open_lth:cifar_vgg_16', VGG_16, 62_500, 128),
    ('open_lth:imagenet_resnet_50', 25_502_912, 112_602, 1024),
  ],
)
def test_a_recipe_is_planned_without_its_data(
  name, weights, steps, batch, planned
):
  experiment = planned(f'lottery/{name}')
  size = outline.size(experiment)
  assert size.weights == size.active == weights
  assert experiment.plan.num_steps == steps
  assert experiment.config.batch_size == batch


@pytest.mark.parametrize(
  ('name', 'falls'),
  [
    ('resnet_20:frankle_carbin', (20_000, 25_000)),
    ('resnet_20:linear_mode', (32_000, 48_000)),
    ('resnet_20:maene', (56 * 33_203 // 85, 71 * 33_203 // 85)),
    ('resnet_20:ma', (62_500, 93_750)),
    ('vgg_19', (62_500, 93_750)),
    ('open_lth:imagenet_resnet_50', (37_534, 75_068, 100_090)),
  ],
)
def test_the_rate_falls_to_a_tenth_at_steps(name, falls, planned):
  experiment = planned(f'lottery/{name}')
  rate = recipes.rate(experiment.config.optimizer, experiment.plan.num_steps)
  for i, step in enumerate(falls):
    assert float(rate(step - 1)) == pytest.approx(0.1**i)
    assert float(rate(step)) == pytest.approx(0.1 ** (i + 1))


def load(name):
  return config_files.load_study(f'studies/lottery/{name}')


def judged(study, printed):
  """The outcomes of claims on accuracies of which there are numbers."""
  found = []
  for claim in study.claims:
    at = dict(claim.at)
    rows = {
      row: sample
      for row, sample in printed(study).items()
      if row.run in claim.names() and at.items() >= dict(row.point).items()
    }
    accuracy = claim.metric == 'test_accuracy'
    if accuracy and {row.run for row in rows} == set(claim.names()):
      found += [v.outcome for v in verdicts.judge(claim, rows)]
  return found


@pytest.mark.parametrize(
  ('name', 'numbers', 'claims'),
  [
    ('frankle_carbin:lenet_300_100', 3, 1),
    *(
      (f'frankle_carbin:{net}_{rate}', 3, 1)
      for net in ('resnet_20', 'vgg_19')
      for rate in ('high', 'low', 'warm_up')
    ),
    *(
      (f'instability:{net}{rate}', 4, 1)
      for net in ('resnet_20', 'vgg_16')
      for rate in ('', '_low', '_warm_up')
    ),
    ('instability:lenet_300_100', 4, 1),
    ('instability:resnet_50', 4, 1),
    ('rewinding:resnet_20', 50, 4),
    ('rewinding:resnet_56', 28, 2),
    ('rewinding:vgg_16', 1, 0),
    ('rewinding:resnet_50', 50, 4),
    ('low_rate', 4, 0),
    ('learning_rates:resnet_20', 9, 1),
    ('rate_table', 18, 3),
    ('lengths', 6, 4),
  ],
)
def test_the_papers_numbers_hold_their_claims(name, numbers, claims, printed):
  study = load(name)
  assert len(printed(study)) == numbers
  assert judged(study, printed) == ['holds'] * claims


def test_levels_of_conv_nets_have_the_densities_of_the_paper(one_seed, only):
  for depth, level, density in ((2, 14, 0.046), (4, 11, 0.111), (6, 7, 0.264)):
    study = load(f'frankle_carbin:conv_{depth}')
    (claim,) = study.claims
    assert claim.at == {'pruning.level': level}
    dense, ticket = only(study, 'dense', 'ticket').runs
    ticket = dataclasses.replace(ticket, grid={'pruning.level': (level,)})
    study = dataclasses.replace(only(study), runs=(dense, ticket))
    size = outline.size(one_seed(study)['ticket', level])
    assert size.active / size.weights == pytest.approx(density, rel=0.01)


SLOW = (
  *('batch_sizes:resnet_20', 'batch_sizes:conv_4', 'instability:vgg_16'),
  *('learning_rates:resnet_32', 'lengths', 'low_rate', 'repelled:resnet_20'),
  'rewinding:resnet_50',
)


@pytest.mark.parametrize(
  'name',
  [
    'rate_table',
    *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW),
  ],
)
def test_a_study_is_planned_without_its_data(name, one_seed, reduced):
  study = reduced(load(name))
  planned = one_seed(study)
  assert {run for run, *_ in planned} == {run.name for run in study.runs}
  for experiment in planned.values():
    assert experiment.config.updater.name == 'static'


def test_a_batch_has_its_number_of_epochs(one_seed, only):
  study = load('batch_sizes:resnet_20')
  names = ('dense', 'batch_2048_dense', 'batch_512_warm_up_dense')
  planned = one_seed(only(study, *names))
  steps = [planned[(name,)].plan.num_steps for name in names]
  assert steps == [85 * 50_000 // batch for batch in (128, 2048, 512)]
  warm_up = planned[names[-1],].config.optimizer.warmup_steps
  assert warm_up == 10 * 50_000 // 512


@pytest.mark.slow
@pytest.mark.parametrize(
  'net', config_files.arguments('studies/lottery/learning_rates')
)
def test_small_dense_nets_are_as_large_as_tickets(net):
  run = load(f'learning_rates:{net}').run('small_dense')
  (widths,) = run.grid.values()
  for level, width in zip((8, 11), widths, strict=True):
    fields = {'init.masks': 'run:x', 'pruning.level': level}
    config = override(config_files.load_config(run.config), fields)
    found = baselines.find_small_dense(config, size='parameters')
    assert found.fields['model.width'] == width
