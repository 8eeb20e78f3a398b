"""Lotteries: iterative pruning by levels, with the arms that judge tickets."""

from jaxsparse.studies.lottery.arms import ARMS, Arm
from jaxsparse.studies.lottery.study import Rounds, lottery

__all__ = ['ARMS', 'Arm', 'Rounds', 'lottery']
