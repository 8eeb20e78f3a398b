"""What a run is asked for: defaults, fields, checks, overrides, identity."""
