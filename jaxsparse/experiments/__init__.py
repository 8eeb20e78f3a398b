"""From a config to a finished run: objects, workdirs, drivers, reports."""
