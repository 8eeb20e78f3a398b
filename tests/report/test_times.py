"""The places of a report that show time, and that no others do."""

import re

from jaxsparse.report import report, sentences

PARTS = 'Of those trained by vmap each has its part of what they took.'


def timeless(content):
  """Files but for what may depend on the clock."""
  kept = {n: c for n, c in content.items() if n != 'times.csv'}
  page = kept['report.html'].decode('utf-8')
  page, cuts = re.subn(r'(?s)<section id="times">.*?</section>', '', page)
  text, cut, _ = kept['report.md'].decode('utf-8').partition('\n## Times\n')
  assert cuts == 1
  assert cut
  return kept | {'report.html': page, 'report.md': text}


def test_time_is_shown_in_three_places_only(
  files, written, make_results, tmp_path
):
  results = make_results()
  slower = results._replace(
    members=tuple(
      m._replace(
        summary=m.summary | {'wall_seconds': 77.25, 'steps_per_second': 3.0}
      )
      for m in results.members
    )
  )
  paths = written, report.write(slower, tmp_path / 'slower')
  one, other = (files(path.parent) for path in paths)
  assert one['times.csv'] != other['times.csv']
  assert one['report.html'] != other['report.html']
  assert one['report.md'] != other['report.md']
  assert timeless(one) == timeless(other)
  assert other['times.csv'].decode().splitlines()[1].endswith(',100,77.25,3.0')


def test_members_trained_together_have_their_part_of_the_time(make_results):
  results = make_results()
  first, *others = results.members
  execution = {'how': 'vmap', 'width': 2, 'devices': 1}
  first = first._replace(summary=first.summary | {'execution': execution})
  mixed = results._replace(members=(first, *others))
  assert PARTS not in sentences.times(results)
  assert PARTS in sentences.times(mixed)
