"""A pruned convolutional net of PyTorch: its state dict, and its logits.

Usage: pruned_net.py STATE.npz INPUTS.npy LOGITS.npy; inputs are [n, h, w, c].
"""

import sys

import numpy as np
import torch
from torch.nn.utils import prune

state, inputs, out = sys.argv[1:]
torch.manual_seed(0)
net = torch.nn.Sequential(
  torch.nn.Conv2d(1, 6, 5),
  torch.nn.ReLU(),
  torch.nn.MaxPool2d(2),
  torch.nn.Conv2d(6, 16, 5),
  torch.nn.ReLU(),
  torch.nn.MaxPool2d(2),
  torch.nn.Flatten(),
  torch.nn.Linear(256, 120),
  torch.nn.ReLU(),
  torch.nn.Linear(120, 84),
  torch.nn.ReLU(),
  torch.nn.Linear(84, 10),
)
for module in net[:-1]:
  if hasattr(module, 'weight'):
    prune.random_unstructured(module, 'weight', amount=0.7)
np.savez(state, **{k: v.numpy() for k, v in net.state_dict().items()})
images = torch.from_numpy(np.load(inputs)).permute(0, 3, 1, 2)
with torch.no_grad():
  np.save(out, net(images).numpy())
