"""Measurements of sparse networks: pure functions of functions and arrays."""
