"""The papers of these studies, and the numbers that they print.

FOLDER in the studies' commands is where TFDS has mnist, cifar10 or imagenet2012
as array_record; with `--override data.name=cifar10_jpeg` a lossy copy (JPEG) of
CIFAR-10 is taken, and has to be named beside each figure. Recipes are those of
`configs/lottery`, for a GPU. We have not run them. `--plan` and `--dry_run`
need neither the data nor such a machine.

Numbers of `paper.csv` are in per cent. The column `at` is the level, which
leaves 0.8^level of the weights, or the learning rate. Tables that say so are
from memory, and have yet to be compared with the paper.
"""

import pathlib
from collections.abc import Mapping
from typing import Any

from jaxsparse.studies import paper

FRANKLE_CARBIN = (
  'Frankle and Carbin 2019, The Lottery Ticket Hypothesis: Finding Sparse,'
  ' Trainable Neural Networks'
)
LINEAR_MODE = (
  'Frankle et al. 2020, Linear Mode Connectivity and the Lottery Ticket'
  ' Hypothesis'
)
RENDA = (
  'Renda et al. 2020, Comparing Rewinding and Fine-tuning in Neural Network'
  ' Pruning'
)
MAENE = (
  'Maene et al. 2021, Towards Understanding Iterative Magnitude Pruning: Why'
  ' Lottery Tickets Win'
)
MA = (
  'Ma et al. 2021, Sanity Checks for Lottery Tickets: Does Your Winning Ticket'
  ' Really Win the Jackpot?'
)
LEVEL = 'pruning.level'
RATE = 'optimizer.learning_rate'


def printed(name: str) -> Mapping[str, Mapping[str, Any]]:
  """Returns run -> metric -> the numbers of the tables of a name."""
  path = pathlib.Path(__file__).with_name('paper.csv')
  return paper.numbers(path, name, by='at')
