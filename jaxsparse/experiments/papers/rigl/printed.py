"""Numbers that the papers print, by row and metric, in shown units.

Those of WRN-22-2 in Evci et al. 2020 are in no table of it: its authors gave
them where their code is. Of its table of 95 and 96.5 % the training FLOPs are
left out: they repeat those of 80 and 90 %. FLOPs are shares of a dense run of
the same length; the papers' shares of runs M times as long are M times that.

Of Sundar and Dwaraknath 2021, "[Re] Rigging the Lottery", densities 0.1 and
0.2 are 90 and 80 %, and "Random" is uniform here. Numbers of theirs that we do
not have are left out.
"""

from collections.abc import Sequence

from jaxsparse.experiments.papers.rigl.runs import Printed, Row

_CIFAR = (0.5, 0.8, 0.9, 0.95)
_IMAGENET = (0.8, 0.9, 0.95, 0.965)
_DENSITIES = (0.9, 0.8)


def _rows(
  sparsities: Sequence[float],
  table: dict[Row, Sequence[float | None]],
  metric: str = 'test_accuracy',
) -> dict[Row, dict[str, dict[float, float]]]:
  """A table of one metric; `None` where nothing is printed."""
  return {
    row: {
      metric: {
        s: n for s, n in zip(sparsities, numbers, strict=True) if n is not None
      }
    }
    for row, numbers in table.items()
  }


def _joined(*tables: dict[Row, dict[str, dict[float, float]]]) -> Printed:
  """Tables of several metrics as one."""
  rows = {row: None for table in tables for row in table}
  return {
    row: {k: v for table in tables for k, v in table.get(row, {}).items()}
    for row in rows
  }


WRN22_2: Printed = {
  Row('dense'): {'test_accuracy': 94.1},
  **_rows(
    _CIFAR,
    {
      Row('static', 'erk'): (94.1, 92.9, 91.5, 89.0),
      Row('static', 'erk', 2.0): (94.1, 93.2, 91.8, 89.7),
      Row('rigl', 'erk'): (94.2, 93.6, 92.9, 91.8),
      Row('rigl', 'erk', 2.0): (94.2, 93.8, 93.3, 92.4),
      Row('gmp', 'erk'): (94.0, 93.6, 93.3, 92.3),
    },
  ),
}

RESNET50: Printed = {
  Row('dense'): {'test_accuracy': 76.8},
  **_joined(
    _rows(
      _IMAGENET,
      {
        Row('static', 'uniform'): (70.6, 65.8, 59.5, 55.4),
        Row('small_dense'): (72.1, 68.9, None, None),
        Row('set', 'uniform'): (72.9, 69.6, 64.4, 60.8),
        Row('rigl', 'uniform'): (74.6, 72.0, 67.5, 65.0),
        Row('small_dense', times=5.0): (73.9, 71.3, None, None),
        Row('rigl', 'uniform', 5.0): (76.6, 75.7, 73.1, 71.1),
        # Of 95 and 96.5 % that row repeats those of 80 and 90 %.
        Row('static', 'erk'): (72.1, 67.7, None, None),
        Row('rigl', 'erk'): (75.1, 73.0, 69.7, 67.2),
        Row('rigl', 'erk', 5.0): (77.1, 76.4, 74.5, 72.7),
        Row('snfs', 'erk'): (75.2, 72.9, 70.0, 67.1),
        Row('gmp', 'uniform'): (75.6, 73.9, 70.6, None),
        Row('gmp', 'uniform', 1.5): (76.5, 75.2, 72.7, 69.26),
      },
    ),
    _rows(
      _IMAGENET,
      {
        **dict.fromkeys(
          (Row(m, 'uniform') for m in ('static', 'set', 'rigl', 'gmp')),
          (0.23, 0.10, 0.08, 0.07),
        ),
        **dict.fromkeys(
          (Row(m, 'erk') for m in ('rigl', 'snfs')),
          (0.42, 0.24, 0.12, 0.11),
        ),
        Row('static', 'erk'): (0.42, 0.24, None, None),
      },
      'inference_flops',
    ),
    _rows(
      (0.8, 0.9),
      {
        **dict.fromkeys(
          (Row(m, 'uniform') for m in ('static', 'set', 'rigl')), (0.23, 0.10)
        ),
        Row('static', 'erk'): (0.42, 0.24),
        Row('rigl', 'erk'): (0.42, 0.25),
        Row('snfs', 'erk'): (0.61, 0.50),
        Row('gmp', 'uniform'): (0.56, 0.51),
      },
      'training_flops',
    ),
  ),
}
# At 80 %, of the table of the lottery test.
LOTTERY: Printed = _rows(
  (0.8,),
  {
    Row('lottery', 'uniform'): (70.82,),
    Row('lottery_rigl', 'uniform'): (73.93,),
    Row('rigl', 'uniform'): (74.55,),
    Row('rigl', 'uniform', 2.0): (76.06,),
  },
)

# All of them 5x but for pruning.
MOBILENET_V1: Printed = {
  Row('dense'): {'test_accuracy': 72.1},
  **_rows(
    (0.75, 0.9),
    {
      Row('small_dense', times=5.0): (66.0, 57.7),
      Row('gmp', 'uniform'): (67.7, 61.8),
      Row('rigl', 'uniform', 5.0): (71.5, 67.0),
      Row('rigl', 'erk', 5.0): (71.9, 68.1),
      Row('big_sparse', 'uniform', 5.0): (76.4, None),
      Row('big_sparse', 'erk', 5.0): (77.0, None),
    },
  ),
}
REPORT_CIFAR10: Printed = {
  Row('dense'): {'test_accuracy': 93.4},
  **_rows(
    _DENSITIES,
    {
      Row('small_dense'): (89.0, 91.0),
      Row('static', 'uniform'): (89.1, 91.2),
      Row('set', 'uniform'): (91.3, 92.7),
      Row('rigl', 'uniform'): (None, 92.6),
      Row('set', 'erk'): (92.2, 92.9),
      Row('rigl', 'erk'): (None, 93.1),
      Row('static', 'uniform', 2.0): (89.15, 91.2),
      Row('lottery', 'erk'): (90.4, 92.0),
      Row('set', 'uniform', 2.0): (83.3, 93.0),
      Row('snfs', 'uniform'): (92.4, 92.7),
      Row('snfs', 'erk'): (92.2, 92.8),
      Row('snfs', 'uniform', 2.0): (92.3, 93.2),
      Row('rigl', 'uniform', 2.0): (92.3, 93.0),
      Row('gmp', 'erk'): (92.6, 93.2),
      Row('rigl', 'erk', 2.0): (92.7, 93.3),
      Row('rigl_sg', 'uniform'): (92.2, 92.7),
      Row('rigl_sm', 'uniform'): (92.2, 92.9),
      Row('rigl_sg', 'erk'): (92.1, 92.7),
      Row('rigl_sm', 'erk'): (92.27, 93.0),
      Row('reinit', 'uniform'): (90.3, 91.0),
      Row('reinit', 'erk'): (90.2, 90.6),
    },
  ),
}
REPORT_CIFAR100: Printed = {
  Row('dense'): {'test_accuracy': 74.7},
  **_rows(
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
      Row('gmp', 'erk'): (73.1, 73.8),
      Row('rigl', 'uniform', 2.0): (73.1, 74.0),
      Row('lottery', 'erk'): (73.6, 74.2),
      Row('rigl', 'uniform', 3.0): (73.7, 74.2),
      Row('rigl', 'erk', 2.0): (73.6, 74.4),
      Row('rigl_sg', 'uniform'): (72.3, 73.7),
      Row('rigl_sm', 'uniform'): (72.6, 73.7),
      Row('rigl_sg', 'erk'): (73.0, 74.2),
      Row('rigl_sm', 'erk'): (72.6, 74.2),
      Row('reinit', 'uniform'): (67.6, 68.9),
      Row('reinit', 'erk'): (67.8, 68.9),
    },
  ),
}
# What the report's search over drop fraction and interval found on CIFAR-10:
# (spread, sparsity) -> drop fraction, interval, test accuracy.
TUNED = {
  ('uniform', 0.9): (0.197, 50, 91.8),
  ('uniform', 0.8): (0.448, 150, 92.8),
  ('uniform', 0.5): (0.459, 550, 93.3),
  ('erk', 0.9): (0.416, 200, 92.4),
  ('erk', 0.8): (0.381, 950, 93.1),
  ('erk', 0.5): (0.287, 500, 93.8),
}
# Of its drop fraction 0.3 and interval 100, where we have them.
UNTUNED: Printed = _rows(
  (0.5, 0.8),
  {Row('rigl', 'uniform'): (93.3, 92.6), Row('rigl', 'erk'): (93.4, 93.1)},
)

# 200 epochs of LeNet-300-100, final error 1.48 %, and what it is compressed to.
MNIST: Printed = {
  Row('rigl', 'layers'): {
    metric: {0.99: number}
    for metric, number in (
      ('test_accuracy', 98.52),
      ('inputs_left', 408),
      ('units_left_1', 100),
      ('units_left_2', 69),
      ('compressed_sparsity', 0.870),
      ('compressed_flops', 12_600),
      ('compressed_bytes', 31_914),
    )
  }
}
