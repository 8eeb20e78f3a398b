"""Batch jobs: one program on a TPU or a cluster, until it is done.

A `Job` is data. A backend (a file each) has the commands that make its resource
and read its state, and `submission.submit` is the loop over them.
"""
