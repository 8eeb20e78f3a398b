"""Evci et al. 2022: settings as published, claims against its own numbers."""

import hashlib
import json

import pytest

from jaxsparse.claims import verdicts
from jaxsparse.claims.estimates import Sample
from jaxsparse.papers.gradient_flow import (
  nets,
  pruned_nets,
  studies,
)
from jaxsparse.papers.gradient_flow.runs import runs
from jaxsparse.results import quantities
from jaxsparse.results.rows import Row
from jaxsparse.studies.planning.check import check

MAKE = (
  studies.accuracy,
  studies.gradient_norm,
  studies.function_space,
  studies.landscape,
  studies.hessian,
)
MNIST = {'lenet5': nets.LENET5, 'mlp': nets.MLP}
JUMP = 'gradient_norm_after-gradient_norm_before@100:1001'

# Of LeNet5, as the paper prints them or as they are read off its figures; a
# ticket's distances are those in its map.
PRINTED = {
  'test_accuracy': {'pruned': 98.30, 'lottery': 98.52, 'scratch': 97.04},
  'disagreement': {
    'lottery': 0.0089,
    'scratch': 0.0278,
    'pruned_others': 0.0197,
  },
  'pairwise_disagreement': {
    'lottery': 0.0043,
    'scratch': 0.0316,
    'pruned': 0.0214,
  },
  'ensemble_gain': {'lottery': 0.06, 'scratch': 0.96, 'pruned': 0.77},
  'rise_from_end': {
    'lottery': 0.043 - 0.042,
    'scratch': 1.848 - 0.084,
    'scratch_inits': 1.848 - 0.084,
  },
  'rise_from_start': {'scratch_inits': 0.001},
  'middle_loss_from_start': {'lottery': 1.515, 'scratch_inits': 1.898},
  'distance_at_start': {'lottery': 12.2, 'scratch_inits': 16.4},
  'distance_at_end-distance_at_start': {
    'lottery': 6.5 - 12.2,
    'scratch_inits': 25.4 - 16.4,
  },
  'gradient_norm@0': {
    'scratch_plus': 0.40,
    'scratch_inits': 0.038,
    'lottery': 0.042,
  },
  'gradient_norm@500': {'scratch_inits': 0.035},
  'probe_loss@500': {'scratch_inits': 2.303},
  'gradient_norm@200:1400': {
    'scratch_plus': 0.65,
    'rigl_plus': 1.6,
    'small_dense': 0.7,
  },
  JUMP: {'rigl_plus': 0.94, 'set_plus': 0.08, 'rigl_inverted': -0.01},
}


def of(net, name):
  (run,) = runs(net, (name,))
  return run


@pytest.mark.parametrize(
  ('net', 'rate', 'l2', 'sparsity', 'interval', 'small'),
  [
    ('lenet5', 0.05, 5e-4, 0.95, 100, (3, 3, 27, 20)),
    ('mlp', 0.2, 1e-4, 0.98, 500, (8, 8)),
  ],
)
def test_settings_are_the_published_ones(
  net, rate, l2, sparsity, interval, small
):
  dense, rigl, pruned = (
    of(MNIST[net], name).overrides for name in ('dense', 'rigl_plus', 'pruned')
  )
  shared = {
    'num_steps': 11_719,
    'batch_size': 128,
    'optimizer.learning_rate': rate,
    # The gradient of l2 |w|^2.
    'optimizer.weight_decay': 2 * l2,
  }
  for own in (dense, rigl, pruned):
    assert shared.items() <= own.items()
  for own in (rigl, pruned):
    assert own['updater.sparsity'] == sparsity
    assert own['updater.distribution'] == 'uniform'
    assert own['updater.dense_first'] is False
  assert rigl['updater.drop_fraction'] == 0.3
  first = [rigl[f'updater.{f}'] for f in ('start_step', 'update_interval')]
  assert first == [interval, interval]
  assert of(MNIST[net], 'small_dense').overrides['model.features'] == small
  window = [pruned[f'updater.{f}'] for f in ('start_step', 'stop_step')]
  steps = range(*window, pruned['updater.update_interval'])
  assert (steps[0], steps[-1], len(steps)) == (3000, 7000, 41)


@pytest.mark.parametrize('net', MNIST)
def test_masks_are_those_of_the_pruned_net(net):
  for name in ('scratch', 'scratch_plus', 'set', 'rigl_inverted', 'lottery'):
    run = of(MNIST[net], name)
    assert run.overrides['init.masks'] == '{pruned@0}'
    # With that seed a fresh start would be the ticket's.
    assert 0 not in run.seed_list()
  lottery = of(MNIST[net], 'lottery').overrides
  assert lottery['init.checkpoint'] == '{pruned@0}'
  assert lottery['init.checkpoint_step'] == 0
  assert of(MNIST[net], 'pruned_others').seed_list() == (1, 2, 3, 4)


def test_without_decay_another_pruned_net_is_the_source():
  net = nets.LENET5_UNDECAYED
  for name in ('pruned', 'lottery', 'scratch', 'prune_restart', 'rigl_plus'):
    own, decayed = (of(n, name).overrides for n in (net, nets.LENET5))
    changed = {field for field in decayed if own[field] != decayed[field]}
    of_source = {'init.masks', 'init.checkpoint'} & decayed.keys()
    assert changed - of_source == {'optimizer.weight_decay'}
    assert own['optimizer.weight_decay'] == 0
    assert {own[f] for f in of_source} <= {'{pruned@4}', '{scratch_inits@1}'}
    if name != 'pruned':
      assert own['init.masks'] == '{pruned@4}'
      assert of(net, name).seed_list() == (0, 1, 2, 3, 5)
  assert of(net, 'pruned_others').seed_list() == (0, 1, 2, 3)
  for make in (studies.function_space, studies.landscape):
    study = make(net)
    check(study)
    against = {a.of[-1] for a in study.analyses if len(a.of) > 1}
    assert against == {'pruned@4'}


def test_each_ticket_is_held_against_its_own_pruned_net():
  study = pruned_nets.pruned_nets(nets.LENET5_UNDECAYED)
  check(study)
  for k in range(5):
    run = study.run(f'ticket_{k}')
    assert run.overrides['init.masks'] == f'{{pruned@{k}}}'
    assert run.overrides['init.checkpoint'] == f'{{pruned@{k}}}'
    assert not set(run.seed_list()) & set(study.run('pruned').seed_list())
    against = {a.of for a in study.analyses if a.of[0] == run.name}
    assert against == {(run.name, f'pruned@{k}')}
  told = [claim.names()[0] for claim in study.claims]
  assert told[::2] == told[1::2] == [f'ticket_{k}' for k in range(5)]


def test_runs_that_were_trained_are_still_these():
  """What is committed beside the studies is of them."""
  every = {
    f'{key} {run.name}': [run.config, dict(run.overrides), run.seed_list()]
    for key, net in MNIST.items()
    for make in (studies.accuracy, studies.gradient_norm)
    for run in make(net).runs
  }
  text = json.dumps(every, sort_keys=True)
  assert hashlib.sha256(text.encode()).hexdigest()[:12] == 'cec5a6b1f047'


def samples(metric, study):
  """Five seeds of each run that hardly differ, about the paper's number."""
  return {
    Row(run.name): Sample(
      tuple(number + 1e-3 * abs(number) * d for d in (-2, -1, 0, 1, 2)), 5
    )
    for run in study.runs
    if (number := PRINTED.get(metric, {}).get(run.name)) is not None
  }


def judged(study):
  """The outcomes of those claims of which there are numbers."""
  found = {}
  for claim in study.claims:
    given = samples(claim.metric, study)
    if {Row(name) for name in claim.names()} <= given.keys():
      (verdict,) = verdicts.judge(claim, given)
      found[claim.text] = verdict.outcome
  return found


@pytest.mark.parametrize(
  ('make', 'number'),
  list(zip(MAKE, (3, 14, 7, 8, 0), strict=True)),
  ids=[make.__name__ for make in MAKE],
)
def test_the_papers_numbers_hold_its_claims(make, number):
  found = judged(make(nets.LENET5))
  assert set(found.values()) <= {'holds'}
  assert len(found) == number


def test_numbers_of_scratch_do_not_hold_the_claims_on_tickets(monkeypatch):
  for given in PRINTED.values():
    if 'lottery' in given:
      scratch = given.get('scratch', given.get('scratch_inits'))
      monkeypatch.setitem(given, 'lottery', 1.0001 * scratch)
  found = judged(studies.function_space(nets.LENET5))
  failed = [text for text, outcome in found.items() if outcome == 'fails']
  assert len(failed) == 4


@pytest.mark.parametrize('make', MAKE)
@pytest.mark.parametrize('net', MNIST)
def test_claims_of_a_study_are_about_what_it_has(make, net):
  study = make(MNIST[net])
  check(study)
  texts = [claim.text for claim in study.claims]
  assert all(texts)
  assert len(set(texts)) == len(texts)
  steps = [
    quantity.steps[1]
    for name in study.metric_names()
    if (quantity := quantities.parse(name)).steps
  ]
  # All of them lie within the run, and within what its figures begin with.
  assert all(step < 2000 for step in steps)


def test_a_mask_step_is_taken_on_both_sides():
  for net in MNIST.values():
    study = studies.hessian(net)
    for analysis in study.analyses:
      (name,) = analysis.of
      own = study.run(name).overrides
      step = analysis.options['step']
      assert {step, step + 1} <= set(own['checkpoint.keep_steps'])
      steps = range(
        own['updater.start_step'], 11_719, own['updater.update_interval']
      )
      assert step in steps
