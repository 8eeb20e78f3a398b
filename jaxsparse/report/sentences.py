"""What a report says in sentences: what was run, when, and how to read it."""

import datetime
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse.claims import verdicts
from jaxsparse.claims.estimates import Outcome
from jaxsparse.claims.verdicts import Judgement
from jaxsparse.results.names import count
from jaxsparse.results.rows import MemberResult
from jaxsparse.runs import versions
from jaxsparse.studies.results import Results

READING = (
  'Numbers are mean ± sample standard deviation (n), over the n seeds that'
  ' have one; a difference is our mean less the paper’s number.',
  'Intervals in brackets are 95 % confidence intervals: of a mean by'
  ' Student’s t, of a difference by Welch’s, of a ratio by Welch’s for'
  ' logarithms, of a number of all seeds together by the jackknife,'
  ' of a trend for the least-squares slope of the means.'
  ' An ordering is judged on the differences between neighbours, corrected'
  ' for their number (Bonferroni), and a trend fails where one of these goes'
  f' the other way. {verdicts.ALONE}',
  'A claim holds where its interval lies wholly where it says, fails where'
  ' it lies wholly outside, and is undecided where it has both. It is'
  ' undecided, too, where there are too few seeds for an interval, where the'
  ' seeds agree exactly (of a number that the config does not settle), and'
  ' where seeds are missing.',
  'Seeds that failed are left out of means and intervals, which are then of'
  ' the seeds that did not.',
)
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
  return f'{start}{outcome}. {_judgement(results.verdicts)}'


def _judgement(judged: Sequence[Judgement]) -> str:
  tally = Counter(v.outcome for _, of_claim in judged for v in of_claim)
  if not tally:
    return 'The study states no claims.'
  parts = [
    f'{number} {_verb(outcome, number)}'
    for outcome in _OUTCOMES
    if (number := tally[outcome])
  ]
  return (
    f'{count(len(judged), "claim")}, judged at'
    f' {count(tally.total(), "place")}: {_series(parts)}.'
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


def executions(results: Results) -> str:
  """Returns which rows ran by vmap or one by one; '' where all are alike."""
  rows: dict[tuple[str, ...], list[str]] = {}
  for row in results.study.rows():
    hows = {_execution(m.summary) for m in results.of(row) if m.summary}
    if hows:
      named = results.study.row_name(row)
      rows.setdefault(tuple(sorted(hows)), []).append(named)
  if len({how for hows in rows for how in hows}) < 2:
    return ''
  return ' '.join(
    f'Trained {" and ".join(hows)}: {"; ".join(names)}.'
    for hows, names in rows.items()
  )


def _execution(summary: Mapping[str, Any]) -> str:
  execution = summary.get('execution', {})
  if execution.get('how') != 'vmap':
    return 'one by one'
  return f'by vmap, {execution["width"]} together'


def steps(results: Results) -> str:
  """Returns '60 members of 11,719 steps each.', of finished members."""
  done = {m.root: m.summary for m in results.members if m.summary}
  lengths = sorted({summary.get('steps', 0) for summary in done.values()})
  if not lengths:
    return ''
  last = f' to {lengths[-1]:,}' if len(lengths) > 1 else ''
  return f'{count(len(done), "member")} of {lengths[0]:,}{last} steps each.'


def times(results: Results) -> str:
  """Returns when and where the report was written, and all members' time."""
  summaries = [m.summary for m in results.members if m.summary]
  total = math.fsum(numbers(results.members, 'wall_seconds'))
  text = (
    f'Written on {datetime.datetime.now().astimezone():%Y-%m-%d}, on'
    f' {_machine()}. {total:,.1f} s in all members together.'
  )
  if any(s.get('execution', {}).get('how') == 'vmap' for s in summaries):
    text += ' Of those trained by vmap each has its part of what they took.'
  return text


def numbers(members: Sequence[MemberResult], name: str) -> list[float]:
  """Returns an entry of the members whose summaries have it."""
  values = [(m.summary or {}).get(name) for m in members]
  return [float(v) for v in values if isinstance(v, int | float)]


def _machine() -> str:
  """Names the machine and the version of JAX.

  '2 cores of Intel(R) Xeon(R) Processor (x86_64), with jax 0.10.2'.
  """
  facts = versions.made_with()
  kind = facts.get('processor', '')
  name = f'{kind} ({facts["machine"]})' if kind else facts['machine']
  if 'cores' in facts:
    name = f'{count(int(facts["cores"]), "core")} of {name}'
  else:
    name = f'{facts["device"]}, {name}'
  return f'{name}, with jax {facts["jax"]}'
