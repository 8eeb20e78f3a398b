"""Methods that change masks: one a file, entry point named like the file."""
