"""Summary of a study in a sentence or two: runs, members and verdicts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse.claims.estimates import Outcome
from jaxsparse.results.names import count
from jaxsparse.studies.results import Results

_OUTCOMES: tuple[Outcome, ...] = ('holds', 'fails', 'undecided')


def account(results: Results) -> str:
  """Returns two sentences: what was run, and the results and verdicts."""
  study = results.study
  # Rows may have members in common.
  members = {m.root or i: m.kind for i, m in enumerate(results.members)}
  tally = Counter(members.values())
  seeds = {len(run.seed_list()) for run in study.runs}
  suffix = f', {count(seeds.pop(), "seed")} each' if len(seeds) == 1 else ''
  rows = len(study.rows())
  start = f'{count(len(study.runs), "run")} in {count(rows, "row")}{suffix}: '
  total = count(len(members), 'member')
  parts = [f'{tally["done"]} finished']
  if failed := tally['failed']:
    parts.append(f'{failed} failed')
  for kind in ('refused', 'blocked'):
    if number := tally[kind]:
      parts.append(f'{number} {"was" if number == 1 else "were"} {kind}')
  outcome = (
    f'of {total} {_series(parts)}'
    if len(parts) > 1
    else f'all {total} finished'
  )
  return f'{start}{outcome}. {_judgement(results)}'


def carried(results: Results) -> str:
  """Returns which rows ran by vmap or one by one; '' where all are alike."""
  rows: dict[tuple[str, ...], list[str]] = {}
  for row in results.study.rows():
    hows = {_carry(m.summary) for m in results.of(row) if m.summary}
    if hows:
      named = results.study.row_name(row)
      rows.setdefault(tuple(sorted(hows)), []).append(named)
  if len({how for hows in rows for how in hows}) < 2:
    return ''
  return ' '.join(
    f'Carried {" and ".join(hows)}: {"; ".join(names)}.'
    for hows, names in rows.items()
  )


def _carry(summary: Mapping[str, Any]) -> str:
  carry = summary.get('carry', {})
  if carry.get('how') != 'vmap':
    return 'one by one'
  return f'by vmap, {carry["width"]} together'


def _judgement(results: Results) -> str:
  tally = Counter(v.outcome for j in results.verdicts for v in j.verdicts)
  if not tally:
    return 'The study states no claims.'
  parts = [f'{tally[o]} {_verb(o, tally[o])}' for o in _OUTCOMES if tally[o]]
  return (
    f'{count(len(results.verdicts), "claim")}, judged at'
    f' {count(sum(tally.values()), "place")}: {_series(parts)}.'
  )


def _series(parts: Sequence[str]) -> str:
  """Joins words: 'a', 'a and b', 'a, b and c'."""
  *first, last = parts
  return f'{", ".join(first)} and {last}' if first else last


def _verb(outcome: Outcome, number: int) -> str:
  """Returns the verb for a number: '1 holds', '2 hold', '2 are undecided'."""
  if outcome == 'undecided':
    return f'{"is" if number == 1 else "are"} undecided'
  return outcome if number == 1 else outcome[:-1]
