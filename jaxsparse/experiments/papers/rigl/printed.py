"""Numbers that the papers print, by row and metric, in shown units.

Those of WRN-22-2 in Evci et al. 2020 are in no table of it: its authors gave
them where their code is.
"""

from jaxsparse.experiments.papers.rigl.runs import Printed, Row

_ACCURACY = 'test_accuracy'

WRN22_2: Printed = {
  Row('dense'): {_ACCURACY: 94.1},
  Row('static', 'erk'): {
    _ACCURACY: {0.5: 94.1, 0.8: 92.9, 0.9: 91.5, 0.95: 89.0}
  },
  Row('static', 'erk', 2.0): {
    _ACCURACY: {0.5: 94.1, 0.8: 93.2, 0.9: 91.8, 0.95: 89.7}
  },
  Row('rigl', 'erk'): {
    _ACCURACY: {0.5: 94.2, 0.8: 93.6, 0.9: 92.9, 0.95: 91.8}
  },
  Row('rigl', 'erk', 2.0): {
    _ACCURACY: {0.5: 94.2, 0.8: 93.8, 0.9: 93.3, 0.95: 92.4}
  },
  Row('gmp', 'erk'): {_ACCURACY: {0.5: 94.0, 0.8: 93.6, 0.9: 93.3, 0.95: 92.3}},
}
