"""The plots of a run."""


def run_plots(root):
  pass
