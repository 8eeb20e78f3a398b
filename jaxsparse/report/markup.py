"""HTML that is escaped by construction: text is text, elements are elements."""

import html
from collections.abc import Iterable


class Markup(str):
  """HTML. Any other `str` is text, which is escaped on insertion."""

  __slots__ = ()


_EMPTY = frozenset({'br', 'col', 'img', 'link', 'meta', 'source'})

Content = str | Iterable['Content'] | None


def element(tag: str, /, *content: Content, **attributes: str | None) -> Markup:
  """Returns an HTML element.

  Args:
    tag: its name.
    *content: elements, text (which is escaped), or sequences of them; `None`
      is nothing.
    **attributes: `class_='x'` is `class="x"`, `col_span` is `col-span`; one
      that is `None` is left out, one that is '' has no value.
  """
  start = tag
  for key, value in attributes.items():
    if value is not None:
      attribute = key.rstrip('_').replace('_', '-')
      start += f' {attribute}' + (f'="{html.escape(value)}"' if value else '')
  if tag in _EMPTY:
    return Markup(f'<{start}>')
  return Markup(f'<{start}>{join(content)}</{tag}>')


def scrolling(content: Content, label: str, look: str = '') -> Markup:
  """Returns a box that scrolls sideways where needed, by keyboard too."""
  return element(
    'div',
    content,
    class_=f'scroll {look}'.rstrip(),
    tabindex='0',
    role='region',
    aria_label=label,
  )


def join(content: Content) -> Markup:
  """Joins content into markup; text is escaped."""
  if content is None:
    return Markup('')
  if isinstance(content, Markup):
    return content
  if isinstance(content, str):
    return Markup(html.escape(content))
  return Markup(''.join(join(part) for part in content))
