"""Studies of Wang et al. 2020, GraSP, and of what was found out about it."""
