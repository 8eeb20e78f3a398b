"""Colours, dashes, markers and sizes of all figures.

Colours are those of Okabe and Ito, which colour-blind readers can distinguish.
A method has one style in the whole library, whichever others are drawn with it:
methods of one kind share a colour and differ in dashes.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

COLOURS = (
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#CC79A7',
  '#E69F00',
  '#56B4E9',
  '#000000',
)
DASHES = ('-', '--', ':', '-.')
MARKERS = 'os^Dv*'

# Widths of a column and of a page in print, in inches, and sizes of letters.
SINGLE, DOUBLE = 3.25, 6.75
FONT, SMALL = 8, 7

_FAMILIES = {
  '#000000': ('dense',),
  '#0072B2': ('rigl', 'rigl_sg', 'rigl_sm', 'srigl'),
  '#D55E00': ('set', 'deep_r', 'dsr'),
  '#009E73': ('static', 'snip', 'iterative_snip', 'random'),
  '#CC79A7': ('snfs', 'grasp', 'magnitude_at_init'),
  '#E69F00': ('gmp', 'granet', 'magnitude', 'obd'),
  '#56B4E9': ('topkast', 'ste', 'synflow', 'force'),
}
# Method -> its style in all figures.
METHODS: dict[str, dict[str, Any]] = {
  method: {'color': colour, 'linestyle': dashes}
  for colour, methods in _FAMILIES.items()
  for method, dashes in zip(methods, DASHES, strict=False)
}


def by_index(i: int) -> dict[str, Any]:
  """Returns the style of the i-th of things without a method."""
  dashes = DASHES[i // len(COLOURS) % len(DASHES)]
  return {'color': COLOURS[i % len(COLOURS)], 'linestyle': dashes}


def by_method(methods: Sequence[str]) -> list[dict[str, Any]]:
  """Returns a style for each of some lines, by their methods.

  The first of a method has the method's style, the others its colour in free
  dashes. Where all have the same one, styles are by index, as there is nothing
  else to distinguish; those of no method in the table have free colours.
  """
  if len(methods) > 1 and len(set(methods)) == 1:
    return [by_index(i) for i in range(len(methods))]
  taken = {tuple(METHODS[m].values()) for m in methods if m in METHODS}
  colours = {colour for colour, _ in taken}
  free = [c for c in COLOURS if c not in colours] or ['#7F7F7F']
  seen: set[str] = set()
  styles = []
  for method in methods:
    own = METHODS.get(method)
    if own is None:
      style = next(s for s in _variants(*free) if s not in taken)
    elif method in seen:
      style = next(s for s in _variants(own['color']) if s not in taken)
    else:
      style = own['color'], own['linestyle']
    taken.add(style)
    seen.add(method)
    styles.append(dict(zip(('color', 'linestyle'), style, strict=True)))
  return styles


def _variants(*colours: str) -> Iterator[tuple[str, str]]:
  """Yields styles of some colours: in all dashes, then paler and paler."""
  for step in itertools.count():
    for dashes, colour in itertools.product(DASHES, colours):
      yield fainter(colour, step), dashes


def fainter(colour: str, step: int) -> str:
  """Returns a colour the `step`-th time that all dashes are used up."""
  return paler(colour, 1 - 0.7**step) if step else colour


def shades(number: int) -> list[Any]:
  """Returns colours of a perceptual order, from dark to light."""
  import matplotlib as mpl

  ramp = mpl.colormaps['viridis']
  return [ramp(0.9 * i / max(1, number - 1)) for i in range(number)]


def paler(colour: str, share: float) -> str:
  """Mixes white into a colour, as the fraction `share` of it."""
  from matplotlib import colors

  red, green, blue = (c + share * (1 - c) for c in colors.to_rgb(colour))
  return colors.to_hex((red, green, blue)).upper()
