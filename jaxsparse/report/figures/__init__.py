"""What a study draws: curves, and metrics against a field."""
