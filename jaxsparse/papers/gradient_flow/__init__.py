"""Evci et al. 2022, "Gradient Flow in Sparse Neural Networks"."""
