"""Lotteries: iterative pruning by levels, with the arms that judge tickets."""

from jaxsparse.studies.lottery.arms import ARMS, Arm
from jaxsparse.studies.lottery.study import Rounds, lottery
from jaxsparse.studies.lottery.variants import pairs, rewound_to, twin, under

__all__ = [
  'ARMS',
  'Arm',
  'Rounds',
  'lottery',
  'pairs',
  'rewound_to',
  'twin',
  'under',
]
