"""Numbers that Evci et al. 2020 print, by row and metric, in display units.

Those of WRN-22-2 are in no table of the paper, but published with its authors'
code. The training FLOPs of its table of 95 and 96.5 % are left out: they repeat
those of 80 and 90 %. FLOPs are fractions of a dense run of the same length; the
paper's fractions of runs M times as long are M times that.
"""

from collections.abc import Sequence

from jaxsparse.papers.rigl.rows import Printed, Row

_CIFAR = (0.5, 0.8, 0.9, 0.95)
_IMAGENET = (0.8, 0.9, 0.95, 0.965)


def one_metric(
  sparsities: Sequence[float],
  table: dict[Row, Sequence[float | None]],
  metric: str = 'test_accuracy',
) -> dict[Row, dict[str, dict[float, float]]]:
  """Returns a table of one metric.

  Args:
    sparsities: its columns.
    table: its numbers, a row each; `None` where nothing is printed.
    metric: name of the metric.
  """
  return {
    row: {
      metric: {
        s: n for s, n in zip(sparsities, numbers, strict=True) if n is not None
      }
    }
    for row, numbers in table.items()
  }


def joined(*tables: dict[Row, dict[str, dict[float, float]]]) -> Printed:
  """Merges tables of several metrics.

  Args:
    tables: from `one_metric`, each of another metric.
  """
  rows = {row: None for table in tables for row in table}
  return {
    row: {k: v for table in tables for k, v in table.get(row, {}).items()}
    for row in rows
  }


WRN22_2: Printed = {
  Row('dense'): {'test_accuracy': 94.1},
  **one_metric(
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
  **joined(
    one_metric(
      _IMAGENET,
      {
        Row('static', 'uniform'): (70.6, 65.8, 59.5, 55.4),
        Row('snip', 'uniform'): (72.0, 67.2, 57.8, 52.0),
        Row('small_dense'): (72.1, 68.9, None, None),
        Row('set', 'uniform'): (72.9, 69.6, 64.4, 60.8),
        Row('rigl', 'uniform'): (74.6, 72.0, 67.5, 65.0),
        Row('small_dense', times=5.0): (73.9, 71.3, None, None),
        Row('rigl', 'uniform', 5.0): (76.6, 75.7, 73.1, 71.1),
        # At 95 and 96.5 % that row repeats those of 80 and 90 %.
        Row('static', 'erk'): (72.1, 67.7, None, None),
        Row('rigl', 'erk'): (75.1, 73.0, 69.7, 67.2),
        Row('rigl', 'erk', 5.0): (77.1, 76.4, 74.5, 72.7),
        Row('snfs', 'erk'): (75.2, 72.9, 70.0, 67.1),
        Row('gmp', 'uniform'): (75.6, 73.9, 70.6, None),
        Row('gmp', 'uniform', 1.5): (76.5, 75.2, 72.7, 69.26),
      },
    ),
    one_metric(
      _IMAGENET,
      {
        **dict.fromkeys(
          (
            *(Row(m, 'uniform') for m in ('static', 'snip', 'set', 'rigl')),
            Row('gmp', 'uniform', 1.5),
          ),
          (0.23, 0.10, 0.08, 0.07),
        ),
        # Both lengths share a column, and at 96.5 % only the longer was run.
        Row('gmp', 'uniform'): (0.23, 0.10, 0.08, None),
        **dict.fromkeys(
          (Row(m, 'erk') for m in ('rigl', 'snfs')),
          (0.42, 0.24, 0.12, 0.11),
        ),
        Row('static', 'erk'): (0.42, 0.24, None, None),
      },
      'inference_flops',
    ),
    one_metric(
      (0.8, 0.9),
      {
        **dict.fromkeys(
          (Row(m, 'uniform') for m in ('static', 'snip', 'set', 'rigl')),
          (0.23, 0.10),
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
# At 80 %, from the table of the lottery test.
LOTTERY: Printed = one_metric(
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
  **one_metric(
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

# Published with the authors' code: the best of single checkpoints, except for
# MobileNet 5x.
RESNET50_99: Printed = {
  Row('rigl', 'erk', times): {
    'test_accuracy': {0.99: accuracy},
    'inference_flops': {0.99: 0.05},
    'training_flops': {0.99: 0.058},
  }
  for times, accuracy in (
    (5.0, 61.86),
    (10.0, 63.89),
    (40.0, 66.94),
    (100.0, 68.15),
  )
}
MOBILENET_V1_LONGER: Printed = one_metric(
  (0.9,),
  {
    Row('rigl', 'uniform', 5.0): (67.0,),
    Row('rigl', 'uniform', 10.0): (69.28,),
    Row('rigl', 'uniform', 50.0): (70.25,),
    Row('rigl', 'uniform', 100.0): (70.59,),
    Row('rigl', 'erk', 5.0): (68.1,),
    Row('rigl', 'erk', 10.0): (69.31,),
  },
)

# 200 epochs of LeNet-300-100, final error 1.48 %, and its compressed size.
MNIST: Printed = {
  Row('rigl', 'layers'): {
    metric: {0.99: number}
    for metric, number in (
      ('test_accuracy', 98.52),
      ('inputs_left', 408),
      ('units_left_1', 100),
      ('units_left_2', 69),
      ('compressed_sparsity', 87.0),
      ('compressed_flops', 12_600),
      ('compressed_bytes', 31_914),
    )
  }
}
# The same of RigL+, final error 1.69 %, which starts from those widths.
MNIST_PLUS = {
  'test_accuracy': 98.31,
  'inputs_left': 375,
  'units_left_1': 62,
  'units_left_2': 51,
  'compressed_sparsity': 88.6,
  'compressed_flops': 6200,
  'compressed_bytes': 16_113,
}
