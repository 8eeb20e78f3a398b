"""Networks in flax.linen: one family a file; they know nothing of masks."""
