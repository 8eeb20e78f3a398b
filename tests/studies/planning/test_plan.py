"""What `--plan` says, against what then happens."""

import itertools
import re

import jax
import pytest

from jaxsparse.runs import reading
from jaxsparse.studies.planning import estimate, plan_text, status
from jaxsparse.studies.planning import plan as plan_lib
from jaxsparse.studies.running import run as run_lib
from jaxsparse.studies.spec import Analysis, Run

SPARSITY = 'updater.sparsity'
# Compiled under these names.
KINDS = {
  'train step': 'loop',
  'mask step': 'single',
  'evaluation': 'sums',
  'probe': 'probe',
}


@pytest.fixture
def asked(study, tiny):
  # A width of its own, so that no other test has compiled for it.
  own = {'model.features': (11,)}
  return study(
    tiny('rigl', 'rigl', own, grid={SPARSITY: (0.5, 1.0)}, seeds=2),
    tiny('same', 'rigl', own | {SPARSITY: 0.5}),
    tiny('faster', 'rigl', own | {'optimizer.learning_rate': 0.2}),
    tiny(
      'ticket', 'static', own | {SPARSITY: 0.5, 'init.checkpoint': '{same}'}
    ),
    tiny('dense', 'dense', own, after=('faster',)),
    analyses=(Analysis('overlap', ('ticket', 'same'), 'mask_overlap'),),
  )


def made(asked, runs_dir, parallel='auto'):
  return plan_lib.plan(asked, runs_dir, parallel)


def facts(text):
  """The last block: what is left of each line, by its first word."""
  lines = text.split('\n\n')[-1].splitlines()
  return dict(re.split(r'  +', line, maxsplit=1) for line in lines)


def table(text):
  heading, *lines = text.split('\n\n')[0].splitlines()
  ends = [m.end() for m in re.finditer(r'\S+', heading)]
  found = {}
  for line in lines:
    name = line.split()[0]
    rest = ' ' * len(name) + line[len(name) :]
    cells = [rest[a:b].strip() for a, b in itertools.pairwise(ends)]
    found[name] = dict(zip(heading.split()[1:], cells, strict=True))
  return found


def test_a_new_study(asked, tmp_path):
  text = plan_text.text(made(asked, tmp_path / 'runs'))
  runs = table(text)
  assert list(runs) == ['rigl', 'same', 'faster', 'ticket', 'dense']
  assert runs['rigl'] == {
    'members': '4',
    'done': '',
    'begun': '',
    'failed': '',
    'refused': '2',
    'steps': '60',
  }
  assert 'refused  rigl, sparsity 100 %: config.updater: sparsity' in text
  assert '\nticket needs same\ndense needs faster\n' in text
  assert '\nanalysis overlap needs ticket, same\n' in text
  said = facts(text)
  assert said['members'] == '5 (1 more that rows share are trained once)'
  assert said['steps'] == '150'
  assert re.match(r'about \d+ s \(rough: 5 of 5 members are', said['time'])
  # Six programs that nothing like them tells the time of.
  assert said['time'].endswith('and 6 programs to compile)')
  assert int(re.match(r'about (\d+) s', said['time'])[1]) >= 12
  assert not (tmp_path / 'runs').exists()


@pytest.mark.parametrize(
  ('parallel', 'words'), [('auto', 'one by one'), ('vmap', 'together by vmap')]
)
def test_it_says_how_each_family_is_trained(asked, tmp_path, parallel, words):
  text = plan_text.text(made(asked, tmp_path / 'runs', parallel))
  lines = [x for x in text.splitlines() if x.startswith('trained')]
  assert lines == [
    f'trained {words}: rigl, same, faster (3 members)',
    f'trained {words}: ticket (1 member)',
    f'trained {words}: dense (1 member)',
  ]


@pytest.mark.slow
def test_as_many_programs_are_compiled_as_it_says(asked, tmp_path, caplog):
  plan = made(asked, tmp_path / 'runs')
  planned = estimate.programs(m.experiment for m in plan.left)
  assert planned == {
    'train step': 3,
    'mask step': 1,
    'evaluation': 1,
    'probe': 1,
  }
  said = facts(plan_text.text(plan))['to compile']
  assert said == (
    '6 programs: 3 train steps, 1 mask step, 1 evaluation, 1 probe'
  )
  jax.config.update('jax_log_compiles', True)  # In all threads.
  try:
    run_lib.run(asked, tmp_path, tmp_path / 'runs', name='x', command='x')
  finally:
    jax.config.update('jax_log_compiles', False)
  compiled = re.findall(r'XLA compilation of jit\((\S+)\) in', caplog.text)
  counts = {kind: compiled.count(name) for kind, name in KINDS.items()}
  # Several families may meet a program that they share at the same time.
  for shared in ('evaluation', 'probe'):
    assert 1 <= counts.pop(shared) <= 2
    del planned[shared]
  assert counts == planned


def test_where_members_stand(study, tiny, tmp_path):
  asked = study(tiny('dense', 'dense', seeds=4))
  names = list(made(asked, tmp_path).expanded.members)
  done = study(tiny('dense', 'dense', seeds=1))
  run_lib.run(done, tmp_path / 'study', tmp_path, name='x', command='x')
  config = (tmp_path / names[0] / 'config.json').read_text()
  for seed, name in enumerate(names[1:3], 1):
    (tmp_path / name / 'checkpoints' / '20').mkdir(parents=True)
    text = config.replace('"seed": 0', f'"seed": {seed}')
    (tmp_path / name / 'config.json').write_text(text)
  status.write_failure(tmp_path / names[2], 'the loss is not finite')
  before = sorted(tmp_path.rglob('*'))
  plan = made(asked, tmp_path)
  assert [plan.statuses[n].kind for n in names] == [
    'done',
    'begun',
    'failed',
    'new',
  ]
  assert [m.name for m in plan.left] == [names[1], names[3]]
  text = plan_text.text(plan)
  assert f'begun    {names[1]}: at step 20 of 30' in text
  assert f'failed   {names[2]}: the loss is not finite' in text
  found = table(text)['dense']
  assert [found[k] for k in ('done', 'begun', 'failed')] == ['1', '1', '1']
  said = facts(text)
  assert said['steps'] == '40'
  assert said['done'] == '1'
  # One like them is finished, so the time is no rough one.
  assert re.fullmatch(r'about \d+ s', said['time'])
  assert sorted(tmp_path.rglob('*')) == before


def test_a_finished_study_has_nothing_left(study, tiny, tmp_path):
  asked = study(tiny('dense', 'dense'))
  run_lib.run(asked, tmp_path / 'study', tmp_path, name='x', command='x')
  said = facts(plan_text.text(made(asked, tmp_path)))
  assert said['time'] == 'nothing is left'
  assert said['to compile'].startswith('0 programs')


def test_how_members_are_trained_is_chosen_once_a_family(asked, tmp_path):
  assert set(made(asked, tmp_path).executors.values()) == {'one_by_one'}
  plan = made(asked, tmp_path, 'vmap')
  assert set(plan.executors.values()) == {'vmap'}
  assert plan_lib.width(plan) == 1
  with pytest.raises(ValueError, match="Did you mean 'vmap'"):
    made(asked, tmp_path, 'vmapp')


def test_data_that_are_not_here_are_told(study, tmp_path):
  def asked(name):
    fields = {'num_epochs': None, 'num_steps': 2, 'data.name': name}
    fields['data.dir'] = str(tmp_path)
    return study(Run('dense', 'mnist/lenet5:dense', fields, seeds=2))

  def text(name):
    plan = plan_lib.plan(asked(name), tmp_path, 'auto', reading.describe)
    return plan_text.text(plan)

  said = 'mnist is not on this machine: sizes are as published; whether it can'
  assert text('mnist').count(said) == 1
  assert facts(text('mnist'))['members'] == '2'
  assert "refused  dense: config.data: data set 'emnist" in text('emnist/mnist')
  # A study that is to run needs them.
  plan = plan_lib.plan(asked('mnist'), tmp_path, 'auto')
  assert "refused  dense: config.data: data set 'mnist'" in plan_text.text(plan)
