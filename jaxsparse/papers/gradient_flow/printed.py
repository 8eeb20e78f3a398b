"""Numbers that Evci et al. 2022 print, by run and metric, in display units.

Accuracies, ensembles and disagreement are from its table of ensembles and
prediction disagreement, which has the only accuracies of these nets. Losses
half way are read off its figure of interpolation, gradient norms off those of
the gradient norm: at step 0 the middle of the bands.
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
    'gradient_norm@0': 0.042,
    'gradient_norm@400': 0.448,
    'gradient_norm@1000': 0.245,
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
    'gradient_norm@0': 0.038,
    'gradient_norm@400': 0.030,
    'gradient_norm@1000': 0.505,
  },
  'prune_restart': {
    'test_accuracy': 98.60,
    'ensemble_accuracy': 98.63,
    'pairwise_disagreement': 0.0027,
    'disagreement': 0.0077,
  },
  'scratch_plus': {
    'gradient_norm@0': 0.40,
    'gradient_norm@400': 0.575,
    'gradient_norm@1000': 0.528,
  },
  'rigl_plus': {
    'gradient_norm@0': 0.395,
    'gradient_norm@400': 1.283,
    'gradient_norm@1000': 1.066,
  },
  'small_dense': {
    'gradient_norm@0': 0.32,
    'gradient_norm@400': 0.868,
    'gradient_norm@1000': 0.539,
  },
}

RESNET50: Mapping[str, Mapping[str, float]] = {
  'pruned': {
    'test_accuracy': 75.65,
    'ensemble_accuracy': 77.80,
    'pairwise_disagreement': 0.1620,
  },
  'pruned_others': {'disagreement': 0.1623},
  'lottery': {
    'test_accuracy': 75.73,
    'ensemble_accuracy': 76.27,
    'pairwise_disagreement': 0.0894,
    'disagreement': 0.0941,
    'gradient_norm@50': 0.136,
    'gradient_norm@300': 0.420,
    'gradient_norm@1000': 0.654,
    'gradient_norm@5000': 0.525,
  },
  'scratch': {
    'test_accuracy': 71.16,
    'ensemble_accuracy': 74.05,
    'pairwise_disagreement': 0.2039,
    'disagreement': 0.2033,
  },
  'scratch_inits': {
    'gradient_norm@50': 0.131,
    'gradient_norm@300': 0.391,
    'gradient_norm@1000': 0.648,
    'gradient_norm@5000': 0.530,
  },
  'scratch_plus': {
    'gradient_norm@50': 0.200,
    'gradient_norm@300': 0.307,
    'gradient_norm@1000': 0.532,
    'gradient_norm@5000': 0.536,
  },
  'rigl_plus': {
    'gradient_norm@50': 0.222,
    'gradient_norm@300': 0.348,
    'gradient_norm@1000': 0.683,
    'gradient_norm@5000': 0.519,
  },
  'small_dense': {
    'gradient_norm@50': 0.205,
    'gradient_norm@300': 0.543,
    'gradient_norm@1000': 0.633,
    'gradient_norm@5000': 0.524,
  },
}
