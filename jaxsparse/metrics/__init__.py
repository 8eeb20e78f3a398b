"""Metrics of an evaluation, one a file; `config.metrics` names them.

A metric is a function without arguments, named like its file, that returns a
`Metric`. A dotted path to one of the user's own is accepted wherever a name is.
"""

import functools
from collections.abc import Callable

from jaxsparse.core import metric as metric_lib
from jaxsparse.core import registry
from jaxsparse.core.metric import Metric as Metric

# Metrics that `find` returned, those of the user among them.
_by_name: dict[str, Metric] = {}


@functools.cache
def find(spec: str | Callable[[], Metric]) -> Metric:
  """Returns the metric of an evaluation that a name or a path refers to.

  Args:
    spec: a name in `jaxsparse.metrics`, a dotted path or a function.

  Raises:
    ValueError: it is unknown, or returns no `Metric` with terms.
  """
  metric = registry.resolve(spec, 'jaxsparse.metrics')()
  if not isinstance(metric, Metric) or metric.terms is metric_lib.no_terms:
    raise ValueError(
      f'{spec} returns {metric!r}; accepted is a Metric that has terms'
    )
  _by_name[metric.name] = metric
  return metric


def named(name: str) -> Metric | None:
  """Returns the metric of a name: a built-in one, or one that `find` returned.

  `None` for any other name.
  """
  if name in registry.names('jaxsparse.metrics'):
    return find(name)
  return _by_name.get(name)
