"""Metrics of an evaluation, one a file; `config.metrics` names them.

A metric is a function without arguments, named like its file, that returns a
`Metric`. A dotted path to one of the user's own is accepted wherever a name is.
"""

from jaxsparse.metrics._metric import Metric as Metric
from jaxsparse.metrics._metric import find as find
from jaxsparse.metrics._metric import named as named
