"""The one place of a report that shows time."""

from jaxsparse.experiments.studies.report import times

PARTS = 'Of those carried by vmap each has its part of what they took.'


def test_members_carried_together_have_their_part_of_the_time(make_results):
  results = make_results()
  first, *others = results.members
  carry = {'how': 'vmap', 'width': 2, 'devices': 1}
  first = first._replace(summary=first.summary | {'carry': carry})
  mixed = results._replace(members=(first, *others))
  assert PARTS not in times.section(results)
  assert PARTS in times.section(mixed)
