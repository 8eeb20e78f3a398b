"""`report.html`: one file that refers to no other."""

import base64
from collections.abc import Sequence

from jaxsparse.claims.verdicts import Judgement, Verdict
from jaxsparse.config import identity
from jaxsparse.plotting.looks import Drawn
from jaxsparse.report import reading, times
from jaxsparse.report.account import account
from jaxsparse.report.html_table import study_table
from jaxsparse.report.markup import (
  Content,
  Markup,
  element,
  scrolling,
)
from jaxsparse.report.style import CSS
from jaxsparse.results.names import count, tied
from jaxsparse.results.rows import MemberResult
from jaxsparse.runs import workdir
from jaxsparse.studies.results import Results

_SIGNS = {'holds': '✓', 'fails': '✗', 'undecided': '?'}
# Wider figures may be scrolled on a phone, in inches.
_WIDE = 7.5


def page(results: Results, drawn: Sequence[tuple[Drawn, bytes]]) -> str:
  """Returns the HTML of the report.

  Args:
    results: of the study.
    drawn: its figures, each with its SVG.
  """
  study = results.study
  body = [
    element(
      'header',
      element('h1', study.title),
      study.source and element('p', study.source, class_='source'),
      element('p', account(results)),
    ),
    _section('Results', study_table(results)),
    _claims(results.verdicts),
    _notes(study.notes),
    _figures(drawn),
    _failures(results),
    _members(results),
    _how(results),
    _section(reading.TITLE, [element('p', p) for p in reading.PARAGRAPHS]),
    times.section(results),
  ]
  head = [
    element('meta', charset='utf-8'),
    element(
      'meta', name='viewport', content='width=device-width, initial-scale=1'
    ),
    element('meta', name='color-scheme', content='light dark'),
    element('title', study.title),
    # An empty icon, so that no browser requests one.
    element('link', rel='icon', href='data:,'),
    element('style', Markup(CSS)),
  ]
  html = element(
    'html', element('head', head), element('body', element('main', body)),
    lang='en',
  )  # fmt: skip
  return f'<!DOCTYPE html>\n{html}\n'


def _section(title: str, *content: Content) -> Markup:
  return element('section', element('h2', title), *content)


def _claims(judged: Sequence[Judgement]) -> Markup | None:
  items = []
  for claim, of_claim in judged:
    lines = [
      element('li', _badge(v), element('span', tied(v.text))) for v in of_claim
    ]
    items.append(element('li', element('p', tied(claim)), element('ul', lines)))
  if not items:
    return None
  return _section('Claims', element('ul', items, class_='claims'))


def _badge(verdict: Verdict) -> Markup:
  text = f'{_SIGNS[verdict.outcome]} {verdict.outcome}'
  return element('span', text, class_=f'badge {verdict.outcome}')


def _notes(notes: str) -> Markup | None:
  paragraphs = [p for p in notes.split('\n\n') if p.strip()]
  if not paragraphs:
    return None
  return _section('Notes', [element('p', p) for p in paragraphs])


def _figures(drawn: Sequence[tuple[Drawn, bytes]]) -> Markup | None:
  if not drawn:
    return None
  elements = [_figure(i, *pair) for i, pair in enumerate(drawn, 1)]
  return _section('Figures', elements)


def _figure(number: int, drawn: Drawn, svg: bytes) -> Markup:
  source = 'data:image/svg+xml;base64,' + base64.b64encode(svg).decode('ascii')
  wide = drawn.figure.get_figwidth() > _WIDE
  image = element(
    'img', src=source, alt=drawn.alt, class_='wide' if wide else None
  )
  caption = [
    element('strong', f'Figure {number}. {drawn.title}.'),
    ' ',
    tied(drawn.caption),
  ]
  return element(
    'figure',
    scrolling(image, f'Figure {number}') if wide else image,
    element('figcaption', caption),
  )


def _failures(results: Results) -> Markup | None:
  """Lists each reason once, with the seeds that it stopped."""
  by_reason: dict[tuple[str, str, str], list[str]] = {}
  for member in results.members:
    if member.error:
      where = results.study.row_name(member.row)
      key = where, member.kind, member.error
      by_reason.setdefault(key, []).append(str(member.seed))
  items = [
    element('li', f'{where}, seed {", ".join(seeds)}, {kind}: {error}')
    for (where, kind, error), seeds in by_reason.items()
  ]
  if not items:
    return None
  return _section('Members without a result', element('ul', items))


def _members(results: Results) -> Markup:
  noted = any(member.note for member in results.members)
  heads = ['row', 'seed', 'folder', 'config digest', *(['note'] * noted)]
  rows = [
    element('tr', [element('td', cell, class_='left') for cell in cells])
    for cells in (_member(results, m, noted) for m in results.members)
  ]
  listing = element(
    'table',
    element('thead', element('tr', [
      element('th', h, scope='col', class_='left') for h in heads
    ])),
    element('tbody', rows),
  )  # fmt: skip
  summary = f'{count(len(results.members), "member")}, each with its folder'
  return _section(
    'Members',
    element(
      'details',
      element('summary', summary),
      scrolling(listing, 'Members'),
    ),
  )


def _member(
  results: Results, member: MemberResult, noted: bool
) -> list[Content]:
  folder = element('code', member.root.name) if member.root else member.kind
  cells: list[Content] = [
    results.study.row_name(member.row),
    str(member.seed),
    folder,
    element('code', _digest(member)),
  ]
  return [*cells, member.note] if noted else cells


def _digest(member: MemberResult) -> str:
  """Returns the digest of a member's stored config; '' if unreadable."""
  if member.root is None:
    return ''
  try:
    return identity.whole_digest(workdir.read_config(member.root))
  except ValueError:  # The error of the member reports it.
    return ''


def _how(results: Results) -> Markup:
  versions = [
    [element('dt', name), element('dd', version)]
    for name, version in results.versions
  ]
  return _section(
    'How it was made',
    element('pre', element('code', results.command)),
    element('dl', versions) if versions else None,
  )
