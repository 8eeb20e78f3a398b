"""Configs for `digits`: 8x8 images that ship with scikit-learn."""
