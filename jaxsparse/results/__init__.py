"""Numbers of finished runs: metrics, names, rows, and one table of them."""
