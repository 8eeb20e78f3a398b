"""An analysis of one's own, made by hand."""

from jaxsparse.results import analysing


def halves(workdirs):
  return {'half': 0.5, 'spread': {'mean': 0.25, 'std': 0.1}}


def test_numbers_stand_in_for_a_table_that_is_not_there(runs, tmp_path):
  made = analysing.make(halves, [[runs.rigl]], {}, tmp_path)
  assert [path.name for path in made.paths] == ['halves.json', 'halves.csv']
  assert (tmp_path / 'halves.csv').read_text().split() == [
    'number,value',
    'half,0.5',
    'spread,0.25',
  ]
