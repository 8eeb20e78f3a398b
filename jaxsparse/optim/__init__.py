"""The Optax side: masked updates, statistics reset, foreign loops."""
