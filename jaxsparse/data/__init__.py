"""TFDS in, deterministic batches out."""
