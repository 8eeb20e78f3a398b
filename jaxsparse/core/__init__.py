"""Pure functions on parameter and mask pytrees: jax and numpy only."""
