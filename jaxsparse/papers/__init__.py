"""Runs and studies of papers, with the papers' settings."""
