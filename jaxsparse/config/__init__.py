"""Configs of runs: defaults, fields, checks, overrides, identity."""
