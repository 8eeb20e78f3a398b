"""Claims of a study: orderings, bounds, trends ..., judged by intervals.

A kind is one file, and `Claim` its interface; `verdicts` says how all are
judged.
"""

from jaxsparse.claims.claim import Claim, with_texts
from jaxsparse.claims.limits import Bound, Difference
from jaxsparse.claims.ordering import Ordering
from jaxsparse.claims.ratio import Ratio
from jaxsparse.claims.trend import Trend

__all__ = [
  'Bound',
  'Claim',
  'Difference',
  'Ordering',
  'Ratio',
  'Trend',
  'with_texts',
]
