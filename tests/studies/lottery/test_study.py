"""The study of a lottery: its runs, levels and claims; what is refused."""

import pytest

from jaxsparse.core import rounds
from jaxsparse.runs import reading
from jaxsparse.runs.build import total_sizes
from jaxsparse.studies.lottery import ARMS, Arm, Rounds, lottery
from jaxsparse.studies.planning import check, members, pairing

HEAD = 'Dense_1/kernel'


def sizes(run, study):
  """Parameters of each row of a run."""
  expanded = members.expand(study, 'runs', reading.describe)
  return [
    sum(leaf.size for leaf in leaves(expanded.members[cell.member]))
    for cell in expanded.cells
    if cell.row.run == run
  ]


def leaves(member):
  return [
    leaf
    for layer in member.experiment.params.values()
    for leaf in layer.values()
  ]


@pytest.mark.parametrize(
  ('levels', 'grid'), [(3, (1, 2, 3)), ((2, 5), (2, 5)), ([1, 4], (1, 4))]
)
def test_arms_have_the_levels(tiny, levels, grid):
  study = tiny(('reinit',), levels=levels, seeds=2)
  check.check(study)
  assert [run.name for run in study.runs] == ['dense', 'ticket', 'reinit']
  assert study.run('dense').grid == {}
  for run in study.runs:
    assert run.seed_list() == (0, 1)
  for name in ('ticket', 'reinit'):
    assert study.run(name).grid == {pairing.LEVEL: grid}


def test_levels_have_the_counts_of_their_rounds(tiny):
  study = tiny(levels=(1, 3), rate=0.3, scope='layer', layers=(f'{HEAD}=0.15',))
  expanded = members.expand(study, 'runs', reading.describe)
  found = [m.experiment.target_counts for m in expanded.members.values()]
  size = {'Dense_0/kernel': 1024, HEAD: 160}
  assert found == [
    {
      path: rounds.after(n, 0.15 if path == HEAD else 0.3, level)
      for path, n in size.items()
    }
    for level in (0, 1, 3)
  ]


def test_small_dense_nets_are_no_larger_than_the_tickets(tiny):
  study = tiny(('small_dense',), levels=(1, 2, 5))
  found = sizes('small_dense', study)
  # Weights of the ticket, and biases.
  most = [rounds.after(1184, 0.2, level) + 26 for level in (1, 2, 5)]
  one_wider = 64 + 1 + 10
  for n, limit in zip(found, most, strict=True):
    assert limit - one_wider < n <= limit
  run = study.run('small_dense')
  assert 'model.features' not in run.overrides
  assert 'init.checkpoint' not in run.overrides


def test_a_small_dense_net_that_need_be_no_smaller_is_the_dense_net(tiny):
  study = tiny(('small_dense',), levels=2, rate=0.0)
  assert study.run('small_dense').grid == {}
  check.check(study)


def test_tickets_are_claimed_to_end_above_the_controls(tiny):
  study = lottery(
    'digits/mlp:dense', rounds=Rounds(levels=4), arms=('reinit', 'repel')
  )
  (claim,) = study.claims
  assert claim.text == "Tickets end above 'drawn anew' at level 4."
  assert (claim.runs, claim.at) == (('reinit', 'ticket'), {pairing.LEVEL: 4})


def test_arms_of_ones_own_have_names_too(tiny):
  arm = Arm('late', ARMS['ticket'].fields, 'own', {'label_smoothing': 0.1})
  study = tiny(('late',), more={'late': arm})
  check.check(study)
  assert [r.name for r in study.runs] == [
    *('dense', 'ticket', 'late_dense', 'late')
  ]
  assert study.run('late').overrides['init.checkpoint'] == '{late_dense}'


@pytest.mark.parametrize(
  ('rewind', 'step'),
  [(0, 0), (7, 7), ('7', 7), ('0.1ep', 9), ('1e-1ep', 9), ('0ep', 0)],
)
def test_steps_may_be_epochs(tiny, rewind, step):
  # 1,442 examples in batches of 16.
  study = tiny(rewind=rewind)
  assert study.run('dense').overrides['checkpoint.keep_steps'] == (step,)
  assert study.run('ticket').overrides['init.start_step'] == step


def test_retraining_begins_at_a_step_of_its_own(tiny):
  study = tiny(('rate_rewind',), rewind=2, retrain=9)
  assert study.run('ticket').overrides['init.start_step'] == 2
  assert study.run('rate_rewind').overrides['init.start_step'] == 9
  assert study.run('dense').overrides['checkpoint.keep_steps'] == (2, 9)


def test_steps_that_the_config_keeps_are_kept_too(tiny):
  study = tiny((), {'checkpoint.keep_steps': (11, 3)}, rewind=7)
  kept = study.run('dense').overrides['checkpoint.keep_steps']
  assert kept == (3, 7, 11)


def test_the_dense_net_is_dense_whatever_the_config_prunes():
  study = lottery('digits/mlp:rigl', rounds=Rounds(levels=1), arms=(), seeds=1)
  expanded = members.expand(study, 'runs', reading.describe)
  dense, ticket = (m.experiment for m in expanded.members.values())
  assert dense.target_counts == total_sizes(dense)
  assert dense.config.updater.name == 'static'
  total = sum(dense.target_counts.values())
  assert sum(ticket.target_counts.values()) == rounds.after(total, 0.2)


@pytest.mark.parametrize(
  ('rate', 'given', 'expected'),
  [('constant', 0.0, 3e-3), ('constant', 0.01, 0.01), ('cosine', 0.01, 0.01)],
)
def test_the_rate_of_fine_tuning(tiny, rate, given, expected):
  study = tiny(('finetune',), {'optimizer.schedule': rate}, finetune_rate=given)
  overrides = study.run('finetune').overrides
  assert overrides['optimizer.learning_rate'] == pytest.approx(expected)
  assert overrides['optimizer.schedule'] == 'constant'


@pytest.mark.parametrize(
  ('fields', 'error'),
  [
    ({'levels': 0}, 'levels: got 0; accepted is a number'),
    ({'levels': ()}, r'levels: got \(\)'),
    ({'levels': (2, 1)}, r'levels: got \(2, 1\).*ascending'),
    ({'levels': (0, 1)}, 'levels: got'),
    ({'rate': 1.0}, r'pruning.rate: got 1.0; accepted is in \[0, 1\)'),
    ({'rate': -0.1}, 'pruning.rate: got -0.1'),
    ({'scope': 'all'}, "pruning.scope: got 'all'"),
    ({'layers': ('nobody=0.1',)}, "pruning.layers: 'nobody' fits none"),
    ({'layers': (f'{HEAD}=1.5',)}, 'pruning.layers: got 1.5'),
    ({'criterion': 'size'}, "pruning.criterion: 'size' is not one of"),
    ({'rewind': '2epp'}, "rewind: got '2epp'; accepted is a step, or an epoch"),
    ({'rewind': 'ep'}, "rewind: got 'ep'"),
    ({'rewind': 'infep'}, "rewind: got 'infep'"),
    ({'rewind': 20}, 'rewind: got 20; .* below the length of 20 steps'),
    ({'rewind': -1}, 'rewind: got -1'),
    ({'retrain': '1ep'}, "retrain: got '1ep'; .* below the length of 20"),
    ({'optimizer': 'keep'}, "optimizer: got 'keep'; accepted are reset"),
    ({'children': -1}, 'children: got -1; accepted is a number >= 0'),
    ({'finetune_rate': -1.0}, 'finetune_rate: got -1.0'),
  ],
)
def test_rounds_that_cannot_be_are_refused(tiny, fields, error):
  with pytest.raises(ValueError, match=error):
    tiny(**fields)


def test_arms_that_are_unknown_are_refused(tiny):
  with pytest.raises(ValueError, match="arms: got 'reint'.*mean 'reinit'"):
    tiny(('reint',))


def test_a_rate_to_fine_tune_at_is_asked_for_where_the_last_is_zero(tiny):
  with pytest.raises(ValueError, match='finetune_rate: got 0, for the last'):
    tiny(('finetune',), {'optimizer.schedule': 'cosine', 'num_steps': 400})


def test_layers_that_are_sparse_before_any_round_are_refused(tiny):
  with pytest.raises(ValueError, match='got 512 active weights of 1,024 at'):
    tiny((), {'updater.layers': ('Dense_0/kernel=0.5',)})
