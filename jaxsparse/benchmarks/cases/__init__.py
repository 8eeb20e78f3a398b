"""What is measured: one topic a file, `name() -> Iterable[Comparison]`."""
