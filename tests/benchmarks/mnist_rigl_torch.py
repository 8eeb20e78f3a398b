"""The job of `jaxsparse.benchmarks.mnist_rigl` in PyTorch and sparsimony.

  python mnist_rigl_torch.py mnist.npz STEPS SEED

It runs under a Python of its own, which needs torch, NumPy and sparsimony only;
`launch.benchmark --only=whole_job` starts it.
"""

import sys

import numpy as np
import torch
from sparsimony.distributions.base import ERKDistribution
from sparsimony.dst.rigl import RigL
from sparsimony.schedulers.base import CosineDecayScheduler
from torch import nn

_BATCH = 100


def main(path: str, steps: int, seed: int) -> None:
  """Trains and evaluates."""
  torch.manual_seed(seed)
  data = np.load(path)
  images, test = (
    torch.from_numpy(data[name]).flatten(1) for name in ('train', 'test')
  )
  labels = torch.from_numpy(data['labels']).long()
  net = nn.Sequential(
    nn.Linear(784, 300),
    nn.ReLU(),
    nn.Linear(300, 100),
    nn.ReLU(),
    nn.Linear(100, 10),
  )
  optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
  sparsifier = RigL(
    CosineDecayScheduler(0.3, t_end=steps * 3 // 4, delta_t=100),
    ERKDistribution(),
    optimizer,
    sparsity=0.98,
  )
  sparsifier.prepare(net, [{'tensor_fqn': f'{i}.weight'} for i in (0, 2, 4)])
  rng = np.random.default_rng(seed)
  for _ in range(steps):
    rows = torch.from_numpy(rng.integers(0, len(images), _BATCH))
    optimizer.zero_grad()
    logits = net(images[rows] / 255)
    nn.functional.cross_entropy(logits, labels[rows]).backward()
    optimizer.step()
    sparsifier.step()
  with torch.no_grad():
    predicted = net(test / 255).argmax(-1).numpy()
  accuracy = (predicted == data['test_labels']).mean()
  sys.stdout.write(f'{accuracy}\n')
  sys.exit(int(accuracy < 0.8))


if __name__ == '__main__':
  main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
