"""Common parts of the programs: flags, one-line errors, exit codes."""
