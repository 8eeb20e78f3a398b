"""Recipes for ImageNet-2012, one file a model."""
