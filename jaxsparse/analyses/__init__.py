"""Analyses of finished runs: one a file, found by name.

What they are is said in `jaxsparse.results.findings`.
"""
