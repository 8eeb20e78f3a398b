"""A convolution with BatchNorm, small enough to compile in a second."""

from flax import linen as nn


class NormedNet(nn.Module):
  """Its statistics move with each step."""

  num_classes: int

  @nn.compact
  def __call__(self, x, *, train=False):
    x = nn.Conv(4, (3, 3), use_bias=False, name='conv')(x)
    x = nn.BatchNorm(not train, momentum=0.9, name='norm')(x)
    x = nn.relu(x).mean(axis=(1, 2))
    return nn.Dense(self.num_classes, name='logits')(x)


def normed_net(*, num_classes=10):
  return NormedNet(num_classes)
