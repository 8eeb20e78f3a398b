"""Evci et al. 2020, "Rigging the Lottery", and its reproducibility report."""
