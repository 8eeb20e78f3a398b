"""Versions of members in the report: those of summaries, nobody else's."""

import pytest

from jaxsparse.report import report
from jaxsparse.studies.results import collected

NEW, OLD = {'jax': '0.10.2', 'cores': '2'}, {'jax': '0.9.0', 'cores': '2'}


def made(results, *versions):
  """The first members, as made with these; the others are left out."""
  members = results.members[: len(versions)]
  return [
    m._replace(summary=m.summary | ({} if v is None else {'made_with': v}))
    for m, v in zip(members, versions, strict=True)
  ]


def test_what_all_agree_on_is_said_plainly(make_results):
  found = collected(made(make_results(), NEW, NEW, NEW))
  assert found == (('jax', '0.10.2'), ('cores', '2'))


def test_it_is_said_where_they_differ(make_results):
  found = collected(made(make_results(), OLD, NEW, NEW))
  assert found == (
    ('jax', 'differs: 0.10.2 (2 members); 0.9.0 (dense-0-seed0)'),
    ('cores', '2'),
  )


def test_of_many_that_differ_three_are_named(make_results):
  found = collected(made(make_results(), *[NEW] * 5, *[OLD] * 4))
  assert dict(found)['jax'] == (
    'differs: 0.10.2 (5 members); 0.9.0 (static-1-seed2, static-2-seed0,'
    ' static-2-seed1 and 1 more)'
  )


def test_what_is_not_recorded_is_not_made_up(make_results):
  results = make_results()
  found = collected(made(results, NEW, NEW, None))
  said = 'differs: {} (2 members); not recorded (dense-0-seed2)'
  assert found == (('jax', said.format('0.10.2')), ('cores', said.format('2')))
  assert collected(made(results, None)) == (('versions', 'not recorded'),)


def test_a_member_that_rows_share_counts_once(make_results):
  one, other = made(make_results(), NEW, OLD)
  assert collected([one, one, other]) == collected([one, other])


def test_members_that_are_not_done_say_nothing(make_results):
  lost = make_results(number=lambda row, seed: 'not finite')
  assert collected(lost.members) == ()


@pytest.mark.usefixtures('no_figures')
def test_the_page_shows_it(make_results, tmp_path):
  results = make_results()
  versions = collected(made(results, OLD, NEW, NEW))
  path = report.write(results._replace(versions=versions), tmp_path / 'r')
  text = path.read_text()
  assert 'differs: 0.10.2 (2 members); 0.9.0 (dense-0-seed0)' in text
