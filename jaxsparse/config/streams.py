"""Further draws of the random streams of a run: 'order=1'."""

from typing import Any

from jaxsparse.config import fields

# The random numbers of which a run can have another draw -> their streams.
STREAMS = {
  'init': ('init', 'sparse_init'),
  'order': ('order',),
  'crop': ('crop',),
  'augment': ('augment',),
  'dropout': ('dropout',),
  'masks': ('masks', 'initial_masks', 'shuffled_masks'),
}


def _split(values: tuple[Any, ...]) -> list[tuple[str, str]]:
  """Splits 'order=1' into the name of random numbers and that of their draw."""
  parts = (str(value).partition('=') for value in values)
  return [(name, number) for name, _, number in parts]


def _are_draws(values: tuple[Any, ...]) -> bool:
  draws = _split(values)
  return len(dict(draws)) == len(draws) and all(
    name in STREAMS and number.isdecimal() and 0 < int(number) < fields.SEEDS
    for name, number in draws
  )


ACCEPTED = fields.Accepted(
  f"'NAME=NUMBER' of {', '.join(STREAMS)}, numbers >= 1", _are_draws
)


def numbers(values: tuple[str, ...]) -> dict[str, int]:
  """Returns the stream -> the number of its draw, of those of a config."""
  return {
    stream: int(number)
    for name, number in _split(values)
    for stream in STREAMS[name]
  }
