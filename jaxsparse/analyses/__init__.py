"""Analyses of finished runs, one per file, looked up by name.

The interface is described in `jaxsparse.analyses.harness.result`.
"""
