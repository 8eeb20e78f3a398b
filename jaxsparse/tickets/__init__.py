"""Lottery tickets: initial weights and masks of finished runs, as a registry.

A ticket is a finished run with fixed masks of another run (`init.masks`): the
weights of its first step and its masks. Its manifest is read from its workdir.
"""
