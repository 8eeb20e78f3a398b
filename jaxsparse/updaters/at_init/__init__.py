"""Pruning at initialisation: scores, rounds, and the controls of both."""
