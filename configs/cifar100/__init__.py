"""Recipes for CIFAR-100, one file a model."""
