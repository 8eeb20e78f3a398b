"""LeNet5 on MNIST at 95 %, without weight decay."""

from jaxsparse.experiments.papers.gradient_flow import nets, pruned_nets
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return pruned_nets.pruned_nets(nets.LENET5_UNDECAYED)
