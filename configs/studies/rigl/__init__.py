"""Studies of Evci et al. 2020, "Rigging the Lottery"."""
