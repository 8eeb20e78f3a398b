"""Which examples the splits of a data set are."""

import numbers
from fractions import Fraction

from jaxsparse.data.info import Info
from jaxsparse.errors import DataError

_TESTED = ('test', 'validation')
# Data sets whose split `test` has no labels that are public.
_UNLABELLED = ('imagenet2012',)


def ranges(
  info: Info, validation: int | float
) -> dict[str, tuple[str, int, int]]:
  """Returns which examples the splits of a `Dataset` are.

  Args:
    info: of its images.
    validation: as for `datasets.load`.

  Returns:
    'train', 'test' and, where there is one, 'validation' -> the split as it is
    stored, the first example and one past the last.

  Raises:
    DataError: as for `held_out` and `validation_size`; or a folder has a split
      'validation' of its own, and `validation` is not 0.
  """
  sizes = {name: split.num_examples for name, split in info.splits.items()}
  tested, total = held_out(info), sizes['train']
  own = bool(info.classes) and tested == 'test' and 'validation' in sizes
  boundary = total - cut_size(info.name, validation, total, own=own)
  splits = {'train': ('train', 0, boundary)}
  if own:
    splits['validation'] = ('validation', 0, sizes['validation'])
  elif boundary < total:
    splits['validation'] = ('train', boundary, total)
  return splits | {'test': (tested, 0, sizes[tested])}


def cut_size(
  name: str, validation: int | float, total: int, *, own: bool
) -> int:
  """Returns how many training examples become the validation split.

  Args:
    name: of the data set.
    validation: as for `datasets.load`.
    total: of the training examples.
    own: whether the data set has a validation split of its own.

  Raises:
    DataError: as for `validation_size`; or `validation` is not 0, and `own`.
  """
  size = validation_size(validation, total)
  if own and size:
    raise DataError(
      f'validation is {validation!r}, and {name!r} has a split of that name;'
      ' accepted is 0'
    )
  return size


def held_out(info: Info) -> str:
  """Returns the test split's name: `test` or, if there is none, `validation`.

  Raises:
    DataError: it has neither, or no `train`.
  """
  order = ('validation',) if info.name in _UNLABELLED else _TESTED
  tested = [split for split in order if split in info.splits]
  if not tested or 'train' not in info.splits:
    raise DataError(
      f'data set {info.name!r} has the splits {sorted(info.splits)};'
      " needed are 'train' and 'test' (or 'validation')"
    )
  return tested[0]


def validation_size(validation: int | float, total: int) -> int:
  """Returns the number of examples to hold out of `total` training ones.

  A fraction counts as the decimal it is written as: 0.29 of 100 is 29.

  Raises:
    DataError: negative, a float outside [0, 1), or nothing left to train.
  """
  if isinstance(validation, bool) or not isinstance(validation, numbers.Real):
    raise DataError(f'validation must be a number, not {validation!r}')
  if isinstance(validation, numbers.Integral):
    count, accepted = int(validation), 0 <= validation < total
  else:
    accepted = 0 <= validation < 1
    count = int(Fraction(str(validation)) * total) if accepted else 0
  if not accepted:
    raise DataError(
      f'validation {validation!r} is neither a count (int) in [0, {total})'
      ' nor a fraction (float) in [0, 1) of the train split'
    )
  return count
