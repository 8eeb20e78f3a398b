"""Finished runs side by side: found, queried by field, grouped, shown."""
