"""Finished runs side by side: read, selected by field, grouped, drawn."""
