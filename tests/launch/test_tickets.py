"""`python -m launch.tickets`: what is printed, written and refused."""

import json
import shlex

import numpy as np
import pytest

from jaxsparse.training.checkpoints import load_params


@pytest.fixture(scope='module')
def runs(launch, arguments, tmp_path_factory):
  """The finished runs pruned, and ticket, which starts from its masks."""
  folder = tmp_path_factory.mktemp('tickets')
  source = f'{folder}/pruned'
  for name, fields in (
    ('pruned', {'updater.name': 'gmp'}),
    (
      'ticket',
      {
        'updater.name': 'static',
        'init.checkpoint': source,
        'init.checkpoint_step': 0,
        'init.masks': source,
      },
    ),
  ):
    args = arguments(folder / name, **{'num_steps': 20} | fields)
    assert launch(args).code == 0
  return folder


def tickets(launch, *args):
  return launch([str(arg) for arg in args], module='tickets')


def test_tickets_are_listed_described_and_selected(launch, runs):
  ended = tickets(launch, 'list', runs)
  assert (ended.code, ended.err) == (0, '')
  heading, line = ended.out.splitlines()
  assert heading.split()[:3] == ['name', 'level', 'density']
  assert line.split()[0] == 'ticket'
  ended = tickets(launch, 'list', runs, '--where=density>0.9')
  assert len(ended.out.splitlines()) == 1
  ended = tickets(launch, 'list', runs, '--where=densty>0.9')
  assert ended.code == 2
  assert "Did you mean 'density'" in ended.err
  shown = json.loads(tickets(launch, 'show', runs / 'ticket').out)
  assert (shown['name'], shown['verdict']) == ('ticket', None)


def test_a_damaged_ticket_ends_verify_by_2(launch, runs, tmp_path):
  ended = tickets(launch, 'verify', runs / 'ticket')
  assert ended.out == f'{runs}/ticket: whole, without ticket.json\n'
  assert tickets(launch, 'record', runs / 'ticket').code == 0
  ended = tickets(launch, 'verify', runs / 'ticket', runs / 'pruned')
  assert (ended.code, ended.out) == (2, f'{runs}/ticket: whole\n')
  assert ended.err.startswith(f'error: {runs}/pruned is no ticket')
  assert ended.err.count('\n') == 1


def test_a_ticket_is_exported_imported_and_trained(
  launch, arguments, runs, tmp_path
):
  file, out = tmp_path / 'ticket.safetensors', tmp_path / 'imported'
  ended = tickets(launch, 'export', runs / 'ticket', file)
  assert (ended.code, ended.out) == (0, f'{file}\n')
  ended = tickets(launch, 'import', file, f'--out={out}')
  assert (ended.code, ended.err) == (0, '')
  words = shlex.split(ended.out)
  assert words[:2] == [
    f'--config.init.{source}={out}' for source in ('checkpoint', 'masks')
  ]
  args = arguments(
    tmp_path / 'run', *words, **{'num_steps': 10, 'updater.name': 'static'}
  )
  ended = launch(args)
  assert ended.code == 0
  (_, masks), (_, expected) = (
    load_params(root) for root in (tmp_path / 'run', runs / 'ticket')
  )
  for layer in ('Dense_0', 'Dense_1'):
    np.testing.assert_array_equal(
      masks[layer]['kernel'], expected[layer]['kernel']
    )


def test_a_net_of_pytorch_is_imported_by_its_map(launch, tmp_path):
  rng = np.random.default_rng(0)
  state = {
    'b.weight': rng.normal(size=(10, 16)),
    'b.bias': np.zeros(10),
    'a.weight': rng.normal(size=(16, 64)),
    'a.bias': np.zeros(16),
    'a.weight_mask': rng.random((16, 64)) < 0.5,
  }
  np.savez(tmp_path / 'net.npz', **state)
  args = [
    *('import', tmp_path / 'net.npz', f'--out={tmp_path}/out'),
    *('--config=digits/mlp:static', '--config.model.features=(16,)'),
  ]
  ended = tickets(launch, *args)
  assert (ended.code, ended.out) == (2, '')
  assert "'b.weight' has shape (10, 16)" in ended.err
  ended = tickets(launch, *args, '--map=a=Dense_0')
  assert (ended.code, ended.err) == (0, '')
  assert ended.out.splitlines()[0] == 'a.weight -> Dense_0/kernel'
  assert tickets(launch, *args, '--map=a').code == 2


def test_masks_are_transplanted_and_taken(launch, arguments, runs, tmp_path):
  out = tmp_path / 'moved'
  args = [runs / 'ticket', runs / 'pruned', runs / 'pruned', f'--out={out}']
  ended = tickets(launch, 'transplant', *args)
  assert (ended.code, ended.err) == (0, '')
  aligned, expected = (load_params(path)[1] for path in (out, runs / 'ticket'))
  for layer in expected:
    np.testing.assert_array_equal(
      aligned[layer]['kernel'], expected[layer]['kernel']
    )
  ended = tickets(launch, 'transplant', *args, '--how=random', '--seed=1')
  words = shlex.split(ended.out)
  fields = {'num_steps': 10, 'updater.name': 'static'}
  assert launch(arguments(tmp_path / 'run', *words, **fields)).code == 0
  moved, taken = (load_params(path)[1] for path in (out, tmp_path / 'run'))
  for layer in expected:
    np.testing.assert_array_equal(
      taken[layer]['kernel'], moved[layer]['kernel']
    )
  assert (moved['Dense_0']['kernel'] != aligned['Dense_0']['kernel']).any()


@pytest.mark.parametrize(
  ('args', 'error'),
  [
    (['lst', 'DIR'], "got 'lst'; accepted are list, show, record"),
    (['list'], 'list: accepted is DIR ...: prints'),
    (['show', 'DIR', 'DIR'], 'show: accepted is DIR: prints'),
    (['show', 'DIR'], 'is no finished run'),
    (['import', 'FILE.npz'], '--out is required'),
    (['import', 'FILE.pth', '--out=DIR'], 'is a pickle'),
    (['transplant', 'A', 'B'], 'transplant: accepted is TICKET DENSE TARGET'),
    (['transplant', *'ABC'], '--out is required'),
    (['transplant', *'ABC', '--out=DIR', '--how=best'], "how is 'best'"),
  ],
)
def test_bad_input_ends_by_2(launch, args, error):
  ended = tickets(launch, *args)
  assert (ended.code, ended.out) == (2, '')
  assert error in ended.err
  assert ended.err.count('\n') == 1


def test_without_an_action_all_are_listed(launch):
  ended = tickets(launch)
  assert ended.code == 0
  assert ended.out.split('\n')[::2][:2] == ['list', 'show']
