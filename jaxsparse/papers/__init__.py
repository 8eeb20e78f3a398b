"""Runs that several studies of one paper share, each set up as it says."""
