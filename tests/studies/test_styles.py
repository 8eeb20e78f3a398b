"""Which runs of a study look alike."""

from jaxsparse.plotting.styles import METHODS
from jaxsparse.studies.spec import Run, Study
from jaxsparse.studies.styles import row_styles, run_styles

GRID = {'updater.sparsity': (0.5, 0.9)}


def looks(*configs, **fields):
  runs = tuple(Run(f'r{i}', c, **fields) for i, c in enumerate(configs))
  styles = run_styles(Study('t', runs)).values()
  return [(style['color'], style['linestyle']) for style in styles]


def test_runs_of_one_config_share_a_colour_and_differ_in_dashes():
  a, b, c, d = looks('static', 'static', 'rigl', 'rigl', **{'grid': GRID})
  assert a[0] == b[0] != c[0] == d[0]
  assert a[1] == c[1] == '-'
  assert b[1] == d[1] != '-'


def test_runs_of_a_single_config_have_colours_of_their_own():
  colours = [colour for colour, _ in looks(*['rigl'] * 5)]
  assert len(set(colours)) == 5


def test_too_many_runs_of_one_config_have_colours_of_their_own():
  colours = [colour for colour, _ in looks('dense', *['rigl'] * 5)]
  assert len(set(colours)) == 6


def test_no_two_runs_of_many_look_alike():
  for configs in (['a'] * 40, ['a', 'b'] * 8, list('abcdefghijkl')):
    found = looks(*configs)
    assert len(set(found)) == len(found)


def test_what_the_others_are_compared_with_is_black():
  runs = (Run('dense', 'd'), Run('a', 'c', grid=GRID), Run('b', 'c', grid=GRID))
  styles = run_styles(Study('t', runs))
  assert styles['dense']['color'] == '#000000'
  assert styles['dense']['linestyle'] != '-'
  others = {styles[name]['color'] for name in 'ab'}
  assert len(others) == 2
  assert '#000000' not in others


def test_methods_have_the_looks_that_they_have_everywhere():
  runs = (
    Run('base', 'digits/mlp:dense'),
    Run('ours', 'digits/mlp:rigl', grid=GRID),
    Run('theirs', 'digits/mlp:rigl', overrides={'updater.name': 'set'}),
  )
  styles = run_styles(Study('t', runs))
  assert list(styles.values()) == [METHODS[m] for m in ('dense', 'rigl', 'set')]


def test_rows_of_a_grid_over_methods_have_the_looks_of_these():
  grid = {'updater.name': ('gmp', 'set'), **GRID}
  study = Study('t', (Run('a', 'digits/mlp', grid=grid),))
  looks = row_styles(study).values()
  assert [look['linestyle'] for look in looks] == ['-'] * 4
  gmp, gmp_at_90, set_, _ = (look['color'] for look in looks)
  assert (gmp, set_) == (METHODS['gmp']['color'], METHODS['set']['color'])
  assert gmp_at_90 not in (gmp, set_)
