"""Studies on `digits`."""
