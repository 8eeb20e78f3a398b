"""Numbers of finished runs: metrics, names, rows, and findings of analyses."""
