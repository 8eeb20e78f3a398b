"""Configs for MNIST: 28x28 images, prepared by TFDS as array_record."""
