"""Numbers that Evci et al. 2022 print, by run and metric, in shown units.

Accuracies, ensembles and disagreement are of its table of ensembles and
prediction disagreement, the only accuracies of these nets to be had. Losses
half way are read off its figure of interpolation.
"""

from collections.abc import Mapping

LENET5: Mapping[str, Mapping[str, float]] = {
  'pruned': {
    'test_accuracy': 98.30,
    'ensemble_accuracy': 99.07,
    'pairwise_disagreement': 0.0214,
  },
  'pruned_others': {'disagreement': 0.0197},
  'lottery': {
    'test_accuracy': 98.52,
    'ensemble_accuracy': 98.58,
    'pairwise_disagreement': 0.0043,
    'disagreement': 0.0089,
    'middle_loss_from_start': 1.515,
    'middle_loss_from_end': 0.042,
  },
  'scratch': {
    'test_accuracy': 97.04,
    'ensemble_accuracy': 98.00,
    'pairwise_disagreement': 0.0316,
    'disagreement': 0.0278,
    'middle_loss_from_start': 1.898,
    'middle_loss_from_end': 1.848,
  },
  'scratch_inits': {
    'test_accuracy': 97.19,
    'ensemble_accuracy': 98.43,
    'pairwise_disagreement': 0.0352,
    'disagreement': 0.0278,
  },
  'prune_restart': {
    'test_accuracy': 98.60,
    'ensemble_accuracy': 98.63,
    'pairwise_disagreement': 0.0027,
    'disagreement': 0.0077,
  },
}
