"""LeNet5 on MNIST at 95 %, without weight decay."""

from jaxsparse.experiments.papers.gradient_flow import nets, studies
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return studies.landscape(nets.LENET5_UNDECAYED)
