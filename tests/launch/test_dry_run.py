"""`--dry_run`: what it prints, and that nothing is written."""


def table(text):
  """Lines by their first word."""
  return {r.split()[0]: r.split()[1:] for r in text.splitlines() if r}


def test_a_run_is_planned_and_tried_without_its_data(
  launch, arguments, tmp_path
):
  args = arguments(tmp_path / 'run', '--dry_run', updater__distribution='er')
  found = launch([*args, '--config.updater.sparsity=0.5'])
  assert (found.code, found.err) == (0, '')
  rows = table(found.out)
  # Erdos-Renyi: 592 = e (64 + 16) + e (16 + 10), so 446.8 and 145.2 active,
  # each rounded up.
  assert rows['Dense_0/kernel'] == [
    *('64x16', '0.5635', '447', '1,024', '447', '1,024')
  ]
  assert rows['Dense_1/kernel'] == [
    *('16x10', '0.0875', '146', '160', '146', '160')
  ]
  assert rows['masked'] == [
    *('leaves', '0.4992', '593', '1,184', '593', '1,184')
  ]
  assert rows['training'][-3:] == ['a', 'dense', 'run']
  assert rows['bytes'][0] == f'{4 * (593 + 26) + (1024 + 160) // 8:,}'
  assert rows['steps'][:2] == ['60', 'of']
  assert rows['taken'] == [
    '2',
    'optimiser',
    'steps',
    'and',
    'mask',
    'step',
    '0',
  ]
  assert rows['losses'][-5:] == ['finite,', 'as', 'are', 'all', 'weights']
  assert not (tmp_path / 'run').exists()


def test_flags_may_stand_in_a_file(launch, tmp_path):
  """The name of an installed config too, and one of the two lengths wins."""
  fields = '--config.num_epochs=2\n--config.batch_size=32\n'
  (tmp_path / 'more').write_text(f'# a comment\n{fields}')
  (tmp_path / 'flags').write_text(
    f'--config=digits/mlp:rigl\n--flagfile={tmp_path / "more"}\n'
  )
  found = launch([f'--flagfile={tmp_path / "flags"}', '--plan'])
  assert (found.code, found.err) == (0, '')
  assert table(found.out)['steps'][:2] == [f'{2 * 1442 // 32}', 'of']


def test_a_config_may_import_a_file_beside_it(launch, tmp_path):
  (tmp_path / '_shared.py').write_text('STEPS = 77\n')
  (tmp_path / 'mine.py').write_text(
    'from jaxsparse.config.defaults import default_config\n'
    'from ._shared import STEPS\n'
    'def get_config():\n'
    '  config = default_config()\n'
    '  config.num_steps = STEPS\n'
    '  return config\n'
  )
  found = launch([f'--config={tmp_path / "mine.py"}', '--plan'])
  assert (found.code, found.err) == (0, '')
  assert table(found.out)['steps'][:2] == ['77', 'of']


def test_a_plan_needs_no_workdir(launch):
  config = '--config=digits/mlp:rigl'
  planned = launch([config, '--plan'])
  assert (planned.code, planned.err) == (0, '')
  rows = table(planned.out)
  assert rows['Dense_0/kernel'][0] == '64x300'
  assert 'taken' not in rows
  swept = launch(
    [config, '--plan', '--sweep', 'config.seed=0:3'], module='sweep'
  )
  assert (swept.code, swept.err) == (0, '')
  assert table(swept.out)['members'] == ['3']
