"""Mean, spread and jackknife of the numbers of several runs."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any


def mean_and_deviation(
  values: Sequence[float],
) -> tuple[float | None, float | None]:
  """Returns mean and sample standard deviation; `None` of too few values."""
  mean = statistics.fmean(values) if values else None
  return mean, statistics.stdev(values) if len(values) > 1 else None


def spread(values: Sequence[float]) -> dict[str, Any]:
  """Returns mean, sample deviation and values."""
  mean, std = mean_and_deviation(values)
  return {'mean': mean, 'std': std, 'values': list(values)}


def jackknife(
  statistic: Callable[[Sequence[Any]], float], items: Sequence[Any]
) -> list[float]:
  """Returns the jackknife pseudo-values of a statistic of all items together.

  Tukey's (1958) pseudo-values, shifted so that their mean is the statistic
  itself: it is of so many items, and not extrapolated to infinitely many.
  Student's t interval of their mean is the jackknife's. For a mean they are the
  items.

  Args:
    statistic: a function of two or more items.
    items: three or more.

  Raises:
    ValueError: fewer items.
  """
  if len(items) < 3:
    raise ValueError(f'got {len(items)} items; accepted is 3 or more')
  overall = statistic(items)
  without = [
    statistic([*items[:i], *items[i + 1 :]]) for i in range(len(items))
  ]
  mean = statistics.fmean(without)
  return [overall + (len(items) - 1) * (mean - one) for one in without]


def mean_and_std(
  mean: float,
  std: float | None,
  text: Callable[[float], str] = '{:.2f}'.format,
) -> str:
  """Formats as '96.70 ± 0.42', numbers by `text`; '96.70' without a spread."""
  return text(mean) if std is None else f'{text(mean)} ± {text(std)}'
