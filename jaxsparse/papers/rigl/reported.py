"""Numbers that the RigL paper's reproducibility report prints.

Sundar and Dwaraknath 2021, "[Re] Rigging the Lottery": densities 0.1 and 0.2
are 90 and 80 %, and "Random" is uniform here. Numbers of theirs that we do not
have are left out; that of RigL at 90 % (uniform) on CIFAR-10 is from the code
of its authors that draws the figure of equal FLOPs.
"""

from jaxsparse.papers.rigl.printed import joined, one_metric
from jaxsparse.papers.rigl.rows import Printed, Row

_DENSITIES = (0.9, 0.8)

CIFAR10: Printed = {
  Row('dense'): {'test_accuracy': 93.4},
  **joined(
    one_metric(
      _DENSITIES,
      {
        Row('small_dense'): (89.0, 91.0),
        Row('static', 'uniform'): (89.1, 91.2),
        Row('set', 'uniform'): (91.3, 92.7),
        Row('rigl', 'uniform'): (91.7, 92.6),
        Row('set', 'erk'): (92.2, 92.9),
        Row('rigl', 'erk'): (None, 93.1),
        Row('static', 'uniform', 2.0): (89.15, 91.2),
        Row('lottery', 'global'): (90.4, 92.0),
        Row('set', 'uniform', 2.0): (83.3, 93.0),
        Row('snfs', 'uniform'): (92.4, 92.7),
        Row('snfs', 'erk'): (92.2, 92.8),
        Row('snfs', 'uniform', 2.0): (92.3, 93.2),
        Row('rigl', 'uniform', 2.0): (92.3, 93.0),
        Row('gmp', 'global'): (92.6, 93.2),
        Row('rigl', 'erk', 2.0): (92.7, 93.3),
        Row('structured', 'uniform'): (87.0, 90.4),
        Row('structured', 'erk'): (89.6, 91.3),
        Row('rigl_sg', 'uniform'): (92.2, 92.7),
        Row('rigl_sm', 'uniform'): (92.2, 92.9),
        Row('rigl_sg', 'erk'): (92.1, 92.7),
        Row('rigl_sm', 'erk'): (92.27, 93.0),
        Row('reinit', 'uniform'): (90.3, 91.0),
        Row('reinit', 'erk'): (90.2, 90.6),
      },
    ),
    one_metric(
      _DENSITIES,
      {
        Row('rigl', 'uniform'): (None, 0.20),
        Row('rigl', 'erk'): (0.17, 0.35),
        Row('snfs', 'uniform'): (0.27, 0.49),
        Row('snfs', 'erk'): (0.28, 0.49),
        Row('gmp', 'global'): (0.13, 0.27),
      },
      'inference_flops',
    ),
    one_metric(
      _DENSITIES,
      {
        Row('snfs', 'uniform'): (0.51, 0.66),
        Row('snfs', 'erk'): (0.52, 0.66),
        Row('gmp', 'global'): (0.32, 0.41),
      },
      'training_flops',
    ),
  ),
}
CIFAR100: Printed = {
  Row('dense'): {'test_accuracy': 74.7},
  **joined(
    one_metric(
      _DENSITIES,
      {
        Row('static', 'uniform'): (69.7, 72.3),
        Row('small_dense'): (70.8, 72.6),
        Row('set', 'uniform'): (71.4, 73.4),
        Row('rigl', 'uniform'): (71.8, 73.5),
        Row('static', 'erk'): (71.5, 73.2),
        Row('set', 'erk'): (72.3, 73.5),
        Row('rigl', 'erk'): (72.6, 73.4),
        Row('snfs', 'uniform'): (72.3, 73.9),
        Row('snfs', 'erk'): (73.0, 73.9),
        Row('gmp', 'global'): (73.1, 73.8),
        Row('rigl', 'uniform', 2.0): (73.1, 74.0),
        Row('lottery', 'global'): (73.6, 74.2),
        Row('rigl', 'uniform', 3.0): (73.7, 74.2),
        Row('rigl', 'erk', 2.0): (73.6, 74.4),
        Row('structured', 'uniform'): (69.1, 71.9),
        Row('structured', 'erk'): (71.1, 72.9),
        Row('rigl_sg', 'uniform'): (72.3, 73.7),
        Row('rigl_sm', 'uniform'): (72.6, 73.7),
        Row('rigl_sg', 'erk'): (73.0, 74.2),
        Row('rigl_sm', 'erk'): (72.6, 74.2),
        Row('reinit', 'uniform'): (67.6, 68.9),
        Row('reinit', 'erk'): (67.8, 68.9),
      },
    ),
    one_metric(
      _DENSITIES,
      {
        Row('rigl', 'uniform'): (0.10, 0.20),
        Row('rigl', 'erk'): (0.22, 0.38),
        Row('snfs', 'uniform'): (0.37, 0.55),
        Row('snfs', 'erk'): (0.38, 0.54),
        Row('gmp', 'global'): (0.11, 0.25),
      },
      'inference_flops',
    ),
    one_metric(
      _DENSITIES,
      {
        Row('snfs', 'uniform'): (0.58, 0.70),
        Row('snfs', 'erk'): (0.59, 0.69),
        Row('gmp', 'global'): (0.36, 0.45),
      },
      'training_flops',
    ),
  ),
}
# Results of the report's search over drop fraction and interval on CIFAR-10:
# (spread, sparsity) -> drop fraction, interval, test accuracy.
TUNED = {
  ('uniform', 0.9): (0.197, 50, 91.8),
  ('uniform', 0.8): (0.448, 150, 92.8),
  ('uniform', 0.5): (0.459, 550, 93.3),
  ('erk', 0.9): (0.416, 200, 92.4),
  ('erk', 0.8): (0.381, 950, 93.1),
  ('erk', 0.5): (0.287, 500, 93.8),
}
# At its drop fraction 0.3 and interval 100, where we have them.
UNTUNED: Printed = one_metric(
  (0.5, 0.8, 0.9),
  {
    Row('rigl', 'uniform'): (93.3, 92.6, 91.7),
    Row('rigl', 'erk'): (93.4, 93.1, None),
  },
)
# For nets trained on all 50,000 images: the report's numbers, and those of the
# paper that it reproduces. The length of RigL's runs is not known to us.
FULL: Printed = {
  Row('dense'): {'test_accuracy': 94.6},
  **one_metric(
    (0.5, 0.8, 0.9),
    {
      Row('static', 'erk'): (94.3, 93.2, 91.6),
      Row('gmp', 'global'): (94.3, 93.6, 93.2),
      Row('rigl', 'erk'): (94.4, 93.8, 93.2),
    },
  ),
}
FULL_ORIGINAL: Printed = {
  Row('dense'): {'test_accuracy': 94.1},
  **one_metric(
    (0.5, 0.8, 0.9),
    {
      Row('static', 'erk'): (94.2, 92.9, 91.6),
      Row('gmp', 'erk'): (94.1, 93.5, 93.3),
      Row('rigl', 'erk'): (94.3, 93.8, 93.1),
    },
  ),
}
# The figure of equal FLOPs, with numbers from the authors' code: sparsity of
# the uniform net -> its accuracy, and that of ERK with as many FLOPs.
EQUAL_FLOPS_CIFAR10 = {
  0.5: (93.27, 93.28),
  0.8: (92.61, 92.22),
  0.9: (91.72, 91.43),
}
EQUAL_FLOPS_CIFAR100 = {
  0.5: (74.27, 74.18),
  0.8: (73.54, 71.98),
  0.9: (71.77, 71.07),
}
