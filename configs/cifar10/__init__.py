"""Recipes for CIFAR-10, one file a model."""
