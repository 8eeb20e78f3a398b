"""Logits of an exported MLP by PyTorch and NumPy alone.

Usage: exported_logits.py FILE.safetensors INPUTS.npy LOGITS.npy
"""

import json
import sys

import numpy as np
import torch

DTYPES = {'F32': np.float32, 'I32': np.int32, 'U8': np.uint8}


def tensors(path):
  """Reads the format by hand: a length, a JSON header, and the bytes."""
  with open(path, 'rb') as file:
    content = file.read()
  start = 8 + int.from_bytes(content[:8], 'little')
  header = json.loads(content[8:start])
  header.pop('__metadata__')
  arrays = {}
  for name, one in header.items():
    begin, end = one['data_offsets']
    data = content[start + begin : start + end]
    array = np.frombuffer(data, DTYPES[one['dtype']])
    arrays[name] = array.reshape(one['shape']).copy()
  return arrays


def linear(arrays, layer):
  kernel = torch.from_numpy(arrays[f'params/{layer}/kernel'])
  bits = arrays[f'masks/{layer}/kernel']
  mask = np.unpackbits(bits)[: kernel.numel()].reshape(kernel.shape)
  module = torch.nn.Linear(*kernel.shape)
  module.weight.data = (kernel * torch.from_numpy(mask)).T
  module.bias.data = torch.from_numpy(arrays[f'params/{layer}/bias'])
  return module


source, inputs, out = sys.argv[1:]
arrays = tensors(source)
net = torch.nn.Sequential(
  torch.nn.Flatten(),
  linear(arrays, 'Dense_0'),
  torch.nn.ReLU(),
  linear(arrays, 'Dense_1'),
)
with torch.no_grad():
  np.save(out, net(torch.from_numpy(np.load(inputs))).numpy())
