"""What is measured: one topic a file, `name() -> list of Comparison`."""
