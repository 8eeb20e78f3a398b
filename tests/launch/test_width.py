"""`python -m launch.width`: what it prints is what to add."""

from jaxsparse.runs.baselines import SIZES


def test_both_baselines_are_printed_as_flags(launch):
  sparsity = '--config.updater.sparsity=0.75'
  ended = launch(['--config=digits/mlp:static', sparsity], module='width')
  assert (ended.code, ended.err) == (0, '')
  small, big = ended.out.strip().split('\n\n')
  small = [line.split() for line in small.splitlines()]
  assert small[0][:3] == ['small', 'dense', 'width']
  # ERK: 12,550 of 50,200 weights but for rounding, and 410 biases. Its last
  # layer is dense, so that two have bits.
  budget = int(small[1][-1].replace(',', ''))
  assert abs(budget - (4 * 12_960 + (19_200 + 30_000) // 8)) <= 12
  assert ['add', '--config.updater.name=dense'] in small
  assert ['add', '--config.updater.sparsity=0.0'] in small
  assert small[-1][1].startswith('--config.model.features=(')
  heading, size, add = big.splitlines()
  assert heading.split()[:2] == ['big', 'sparse']
  assert size.split()[-1] == f'{4 * 50_610:,}'
  assert add.split()[1].startswith('--config.model.features=(')


def test_what_is_no_size_is_refused(launch):
  ended = launch(['--config=digits/mlp:static', '--size=bits'], module='width')
  assert ended.code == 2
  assert 'bytes' in ended.err


def test_every_size_has_its_flag(launch):
  ended = launch(['--help'], module='width')
  assert f'<{"|".join(SIZES)}>' in ended.out
