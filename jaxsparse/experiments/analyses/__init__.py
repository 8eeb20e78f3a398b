"""Analyses of finished members, for studies: one a file, found by name.

Each is a function `(workdirs, **options) -> {metric: number}`.
"""
