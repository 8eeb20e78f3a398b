"""Named configs: `<dataset>/<model>_<method>.py`, each with a `get_config`."""
