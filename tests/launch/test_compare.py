"""`python -m launch.compare`: what is printed, written and refused."""

import pytest


@pytest.fixture(scope='module')
def root(launch, arguments, tmp_path_factory):
  """Finished runs of two methods, one of them of two seeds."""
  folder = tmp_path_factory.mktemp('compare')
  for name, fields in (
    ('a', {}),
    ('a1', {'seed': 1}),
    ('b', {'updater.name': 'static'}),
  ):
    args = arguments(folder / name, **{'num_steps': 10} | fields)
    assert launch(args).code == 0
  half = folder / 'half'
  half.mkdir()
  (half / 'config.json').write_bytes((folder / 'b/config.json').read_bytes())
  return folder


def compare(launch, *args):
  return launch(list(args), module='compare')


def test_a_table_is_printed_and_written_with_a_plot(launch, root, tmp_path):
  out = tmp_path / 'out'
  ended = compare(launch, f'--workdirs={root}', f'--out={out}')
  assert (ended.code, ended.err) == (0, '')
  heading, rigl, static, left_out, *paths = ended.out.splitlines()
  assert heading.split('  ')[0] == 'updater'
  assert rigl.split()[:2] == ['rigl', '2']
  assert '±' in rigl
  assert static.split()[:2] == ['static', '1']
  assert left_out == f'left out, unfinished: {root}/half'
  names = (
    'table.csv',
    'table.md',
    'plot.png',
    'plot.svg',
    'plot.pdf',
    'plot.txt',
  )
  assert paths == [str(out / name) for name in names]
  assert all((out / name).stat().st_size for name in names)


def test_runs_are_chosen_and_grouped_as_asked(launch, root):
  ended = compare(
    launch,
    f'--workdirs={root}/a*,{root}/b*',
    '--where=updater.name != static',
    '--by=config.batch_size',
    '--metric=sparsity,steps',
  )
  assert [line.split() for line in ended.out.splitlines()] == [
    ['batch', 'size', 'seeds', 'sparsity', '(%)', 'steps'],
    ['16', '2', '79.90', '±', '0.00', '10.0000', '±', '0.0000'],
  ]


def test_runs_that_differ_in_more_than_asked_are_not_pooled_in_silence(
  launch, root
):
  ended = compare(launch, f'--workdirs={root}/a,{root}/b', '--by=batch_size')
  assert ended.out.splitlines()[-1] == (
    'batch size 16: its runs differ in updater.name'
  )


def test_rows_that_differ_in_more_than_asked_say_so(launch, root):
  """Whose numbers are not those of what --by names alone."""
  ended = compare(launch, f'--workdirs={root}/a1,{root}/b', '--by=seed')
  assert len(ended.out.splitlines()) == 4
  assert ended.out.splitlines()[-1] == (
    'rows differ in updater.name too, which --by leaves out'
  )


@pytest.mark.parametrize(
  ('args', 'said'),
  [
    ((), '--workdirs is required'),
    (('--workdirs=',), '--workdirs is required'),
    (('--workdirs=/nowhere',), "'/nowhere' is no folder"),
    (('--by=updater.nam',), "Did you mean 'updater.name'"),
    (('--where=updater.sparsity>2',), 'no run has updater.sparsity>2'),
    (('--where=sparsity',), 'accepted is FIELD'),
    (('--metric=accuracy',), "Did you mean 'test_accuracy'"),
    (('--out=/proc/none', '--by=updater.name'), 'cannot be written'),
  ],
)
def test_bad_input_is_one_clear_line(launch, root, args, said):
  if args and '--workdirs' not in args[0]:
    args = (f'--workdirs={root}', *args)
  ended = compare(launch, *args)
  assert (ended.code, len(ended.err.splitlines())) == (2, 1)
  assert ended.err.startswith('error: ')
  assert said in ended.err


def test_a_broken_file_is_named(launch, root, tmp_path):
  (tmp_path / 'config.json').write_text('{')
  ended = compare(launch, f'--workdirs={root},{tmp_path}')
  assert ended.code == 2
  assert f'{tmp_path}/config.json' in ended.err
