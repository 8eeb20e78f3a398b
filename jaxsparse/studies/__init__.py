"""Studies: many runs, and the table, figures and claims they are made for."""
