"""Evci et al. 2022: settings as published, claims against its own numbers."""

import hashlib
import json

import pytest

from jaxsparse.claims import verdicts
from jaxsparse.claims.estimates import Sample
from jaxsparse.config.run_config import SOURCES
from jaxsparse.results import quantities
from jaxsparse.results.rows import Row
from jaxsparse.studies import config_files

FOLDER = 'studies/gradient_flow'
STUDIES = (
  *('accuracy', 'gradient_norm', 'function_space', 'landscape', 'hessian'),
)
MNIST = ('lenet5', 'mlp')
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


def load(study, net):
  return config_files.load_study(f'{FOLDER}/{study}:{net}')


def runs(net, studies=STUDIES):
  """Name -> run, of all studies of a net."""
  return {run.name: run for study in studies for run in load(study, net).runs}


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
  own_runs = runs(net)
  dense, rigl, pruned = (
    own_runs[name].overrides for name in ('dense', 'rigl_plus', 'pruned')
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
  assert own_runs['small_dense'].overrides['model.features'] == small
  window = [pruned[f'updater.{f}'] for f in ('start_step', 'stop_step')]
  steps = range(*window, pruned['updater.update_interval'])
  assert (steps[0], steps[-1], len(steps)) == (3000, 7000, 41)


@pytest.mark.parametrize('net', MNIST)
def test_masks_are_those_of_the_pruned_net(net):
  own_runs = runs(net)
  for name in ('scratch', 'scratch_plus', 'set', 'rigl_inverted', 'lottery'):
    run = own_runs[name]
    assert run.overrides['init.masks'] == '{pruned@0}'
    # With that seed a fresh start would be the ticket's.
    assert 0 not in run.seed_list()
  lottery = own_runs['lottery'].overrides
  assert lottery['init.checkpoint'] == '{pruned@0}'
  assert lottery['init.checkpoint_step'] == 0
  assert own_runs['pruned_others'].seed_list() == (1, 2, 3, 4)


def test_without_decay_another_pruned_net_is_the_source():
  studies = ('function_space', 'landscape')
  undecayed, decayed = (
    runs(net, studies) for net in ('lenet5_undecayed', 'lenet5')
  )
  assert undecayed.keys() == decayed.keys()
  for name, run in undecayed.items():
    own, other = run.overrides, decayed[name].overrides
    changed = {field for field in other if own[field] != other[field]}
    of_source = {f'init.{source}' for source in SOURCES} & other.keys()
    assert changed - of_source == {'optimizer.weight_decay'}
    assert own['optimizer.weight_decay'] == 0
    assert {own[f] for f in of_source} <= {'{pruned@4}', '{scratch_inits@1}'}
    if not name.startswith('pruned'):
      assert own['init.masks'] == '{pruned@4}'
      assert run.seed_list() == (0, 1, 2, 3, 5)
  assert undecayed['pruned_others'].seed_list() == (0, 1, 2, 3)
  for study in studies:
    analyses = load(study, 'lenet5_undecayed').analyses
    assert {a.of[-1] for a in analyses if len(a.of) > 1} == {'pruned@4'}


def test_each_ticket_is_compared_with_its_own_pruned_net():
  study = load('pruned_nets', 'lenet5_undecayed')
  for k in range(5):
    run = study.run(f'ticket_{k}')
    assert run.overrides['init.masks'] == f'{{pruned@{k}}}'
    assert run.overrides['init.checkpoint'] == f'{{pruned@{k}}}'
    assert not set(run.seed_list()) & set(study.run('pruned').seed_list())
    against = {a.of for a in study.analyses if a.of[0] == run.name}
    assert against == {(run.name, f'pruned@{k}')}
  runs = [claim.names()[0] for claim in study.claims]
  assert runs[::2] == runs[1::2] == [f'ticket_{k}' for k in range(5)]


def test_runs_that_were_trained_are_still_these():
  """What is committed beside the studies is of them."""
  every = {
    f'{net} {run.name}': [run.config, dict(run.overrides), run.seed_list()]
    for net in MNIST
    for run in runs(net, ('accuracy', 'gradient_norm')).values()
  }
  text = json.dumps(every, sort_keys=True)
  assert hashlib.sha256(text.encode()).hexdigest()[:12] == 'cec5a6b1f047'


@pytest.mark.parametrize('net', ['lenet5', 'resnet50', 'vgg16'])
def test_initialisations_differ_in_nothing_else(net):
  study = load('initialisations', net)

  def own(name):
    run = study.run(name)
    fields = {f: v for f, v in run.overrides.items() if f.startswith('init.')}
    rest = run.overrides.items() - fields.items()
    return fields, (run.config, dict(rest), run.seed_list())

  for plain in ('scratch_inits', 'set', 'rigl'):
    at = plain.removesuffix('_inits')
    names = (plain, f'{at}_layer_scaled', f'{at}_plus')
    inits, others = zip(*map(own, names), strict=True)
    assert others[0] == others[1] == others[2]
    assert [i.pop('init.name') for i in inits] == [
      *('dense', 'layer_scaled', 'sparse')
    ]
    assert inits[1].pop('init.distribution') == 'truncated_normal'
    assert inits[0] == inits[1] == inits[2] == {'init.masks': '{pruned@0}'}
  plus, masked = (own(f'rigl_inverted{end}') for end in ('', '_dense'))
  assert plus[1] == masked[1]
  assert plus[1][1]['updater.inverted'] is True
  assert (plus[0]['init.name'], masked[0]['init.name']) == ('sparse', 'dense')


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
  ('study', 'number'), list(zip(STUDIES, (3, 14, 7, 8, 0), strict=True))
)
def test_the_papers_numbers_hold_its_claims(study, number):
  found = judged(load(study, 'lenet5'))
  assert set(found.values()) <= {'holds'}
  assert len(found) == number


def test_numbers_of_scratch_do_not_hold_the_claims_on_tickets(monkeypatch):
  for given in PRINTED.values():
    if 'lottery' in given:
      scratch = given.get('scratch', given.get('scratch_inits'))
      monkeypatch.setitem(given, 'lottery', 1.0001 * scratch)
  found = judged(load('function_space', 'lenet5'))
  failed = [text for text, outcome in found.items() if outcome == 'fails']
  assert len(failed) == 4


@pytest.mark.parametrize('name', STUDIES)
@pytest.mark.parametrize('net', MNIST)
def test_metrics_at_steps_are_of_early_training(name, net):
  study = load(name, net)
  steps = [
    quantity.steps[1]
    for name in study.metric_names()
    if (quantity := quantities.parse(name)).steps
  ]
  # All of them lie within the run, and within what its figures begin with.
  assert all(step < 2000 for step in steps)


@pytest.mark.parametrize('study_name', ['hessian', 'negative_share'])
def test_a_mask_step_is_taken_on_both_sides(study_name):
  for net in MNIST:
    study = load(study_name, net)
    for analysis in study.analyses:
      (name,) = analysis.of
      own = study.run(name).overrides
      step = analysis.options['step']
      assert {step, step + 1} <= set(own['checkpoint.keep_steps'])
      steps = range(
        own['updater.start_step'], 11_719, own['updater.update_interval']
      )
      assert step in steps
