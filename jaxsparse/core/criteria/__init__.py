"""Criteria: one a file, `(params, grads, *, key) -> scores`, whole trees."""
