"""Command-line programs: flags and one call into the library each."""
