"""`python -m launch.analyze`: what is printed, written and refused."""

import json

import pytest


@pytest.fixture(scope='module')
def root(launch, arguments, tmp_path_factory):
  """Two finished runs, one that keeps a mask step, and one that is not."""
  folder = tmp_path_factory.mktemp('analyze')
  for name, fields in (
    ('pruned', {'updater.name': 'gmp'}),
    ('rigl', {'checkpoint.keep_steps': '(5,)'}),
  ):
    args = arguments(folder / name, **{'num_steps': 20} | fields)
    assert launch(args).code == 0
  half = folder / 'half'
  half.mkdir()
  (half / 'config.json').write_bytes((folder / 'rigl/config.json').read_bytes())
  return folder


def analyze(launch, *args):
  return launch(list(args), module='analyze')


def test_numbers_are_printed_kept_and_noted(launch, root):
  args = ('disagreement', f'--workdir={root}/rigl,{root}/pruned')
  before = json.loads((root / 'rigl/summary.json').read_text())
  ended = analyze(launch, *args)
  assert (ended.code, ended.err) == (0, '')
  first, second, to, back, between, *paths = ended.out.splitlines()
  assert first.split()[:1] == ['disagreement']
  assert second.startswith('symmetric kl')
  assert to.startswith('kl to other')
  assert back.startswith('kl from other')
  assert between.startswith('Jensen-Shannon divergence')
  ends = ('json', 'csv', 'png', 'svg', 'pdf', 'txt')
  assert paths == [f'{root}/rigl/analyses/disagreement.{end}' for end in ends]
  kept = json.loads((root / 'rigl/analyses/disagreement.json').read_text())
  assert f'{kept["numbers"]["disagreement"]:.4f}' == first.split()[-1]
  # Twice is once; another step is another analysis.
  for more in ((), ('--step=0',)):
    assert analyze(launch, *args, *more).code == 0
  # Each has files of its own.
  second = root / 'rigl/analyses/disagreement-2.json'
  numbered = json.loads(second.read_text())
  assert (numbered['options'], kept['options']) == ({'step': 0}, {})
  rows = (root / 'rigl/analyses/disagreement.csv').read_text().split()
  assert rows[0].startswith('class,examples,accuracy')
  assert len(rows) == 1 + 10
  assert not (root / 'rigl/analyses/disagreement-3.json').exists()
  summary = json.loads((root / 'rigl/summary.json').read_text())
  one, other = summary.pop('analyses')
  assert summary == before
  assert one == kept
  assert one['inputs'] == [['.', '../pruned']]
  assert (one['options'], other['options']) == ({}, {'step': 0})


def test_a_figure_and_its_table_are_written_where_asked(launch, root, tmp_path):
  ended = analyze(
    launch,
    'distance_map',
    f'--workdir={root}/rigl,{root}/pruned',
    f'--workdir={root}/pruned',
    '--option=seed=3',
    f'--out={tmp_path}/out',
  )
  assert (ended.code, ended.err) == (0, '')
  names = ('json', 'csv', 'png', 'svg', 'pdf', 'txt')
  paths = [f'{tmp_path}/out/distance_map.{end}' for end in names]
  assert ended.out.splitlines()[1:] == paths
  table = (tmp_path / 'out/distance_map.csv').read_text().splitlines()
  assert table[0] == 'pool,step,x,y'
  assert [line.split(',')[0] for line in table[1:]] == list('000011')
  kept = json.loads((tmp_path / 'out/distance_map.json').read_text())
  assert kept['inputs'] == [['.', '../pruned'], ['../pruned']]
  assert kept['options'] == {'seed': 3}
  assert not (root / 'rigl/analyses/distance_map.png').exists()


def test_a_table_by_layer_is_printed_before_the_numbers(launch, root):
  ended = analyze(launch, 'flops', f'--workdir={root}/rigl')
  assert (ended.code, ended.err) == (0, '')
  table, _, numbers = ended.out.partition('\n\n')
  heading, *layers, total = table.splitlines()
  assert heading.split()[:3] == ['layer', 'shape', 'sparsity']
  assert [line.split()[0] for line in layers] == [
    f'Dense_{i}/kernel' for i in range(len(layers))
  ]
  kept = json.loads((root / 'rigl/analyses/flops.json').read_text())['numbers']
  assert total.split()[-1] == f'{kept["dense_forward_flops"]:,.0f}'
  shown = numbers.splitlines()[0].split()
  assert shown == ['inference', 'FLOPs', f'{kept["inference_flops"]:.4f}']
  csv = (root / 'rigl/analyses/flops.csv').read_text().splitlines()
  assert len(csv) == 1 + len(layers)


@pytest.mark.parametrize(
  ('args', 'said'),
  [
    (('ensembel',), "Did you mean 'ensemble'"),
    (
      ('ensemble', '--workdir=R/rigl', '--option=step=0', '--step=5'),
      'step is there twice',
    ),
    (('ensemble', '--workdir=R/rigl', '--option=step=x'), 'an int or None'),
    (('flops', '--workdir=R/rigl', '--option=convention=3'), 'is a str'),
    (('ensemble', 'more', '--workdir=R/rigl'), "'more' is no flag"),
    (('ensemble',), '--workdir is required'),
    (('ensemble', '--workdir=R/rigl,'), 'a path is empty'),
    (('ensembel', '--workdir=R/rigl'), "Did you mean 'ensemble'"),
    (('ensemble', '--workdir=/nowhere'), '/nowhere is no run'),
    (('ensemble', '--workdir=R/half'), 'R/half is not finished'),
    (('ensemble', '--workdir=R/rigl', '--step=7'), 'kept are 0, 5, 10, 20'),
    (('ensemble', '--workdir=R/rigl', '--option=step'), 'accepted is name=v'),
    (('ensemble', '--workdir=R/rigl', '--option=stp=1'), "Did you mean 'step'"),
    (('ensemble', '--workdir=R/rigl', '--step=x'), 'flag --step=x'),
    (('hessian', '--workdir=R/rigl'), 'hessian needs the option step'),
    (
      ('spectrum', '--workdir=R/rigl', '--option=max_size=9'),
      'analysis.lanczos needs no matrix: `launch.analyze density`',
    ),
    (
      ('density', '--workdir=R/rigl', '--option=num=9999'),
      'analysis.hessian gives all of them: `launch.analyze spectrum`',
    ),
    (('distances', '--workdir=R/rigl'), 'got 1 run; accepted is 2 runs'),
    (
      ('interpolation', '--workdir=R/rigl,R/pruned'),
      "masks differ at 'Dense_0/kernel'",
    ),
  ],
)
def test_bad_input_gets_one_line(launch, root, args, said):
  ended = analyze(launch, *(arg.replace('R/', f'{root}/') for arg in args))
  assert ended.code == 2
  assert said.replace('R/', f'{root}/') in ended.err
  assert ended.err.count('\n') == 1
  assert not ended.out


def test_without_a_name_all_are_listed_and_help_describes_one(launch):
  listed = analyze(launch)
  assert listed.code == 0
  assert 'barrier\n    Measures energy barriers' in listed.out
  assert 'Options: points, examples' in listed.out
  described = analyze(launch, 'barrier', '--help')
  assert described.code == 0
  assert 'points: number of points of each path' in described.out
