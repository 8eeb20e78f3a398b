"""Networks in flax.linen, one family a file, independent of masks."""
