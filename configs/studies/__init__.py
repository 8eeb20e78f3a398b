"""Studies: many runs, one report."""
