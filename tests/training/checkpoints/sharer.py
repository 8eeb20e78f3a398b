"""One of two processes that save a state which neither holds alone.

`python sharer.py DIRECTORY PORT INDEX`.
"""

import sys

import jax
import jax.numpy as jnp

from jaxsparse.training.checkpoints import Checkpoints


def make():
  return {
    'split': jnp.arange(16.0).reshape(8, 2),
    'whole': jnp.ones(3),
    'key': jax.random.key(3),
  }


def main():
  directory, port, index = sys.argv[1], sys.argv[2], int(sys.argv[3])
  address = f'127.0.0.1:{port}'
  jax.distributed.initialize(
    address, 2, index, coordinator_bind_address=address
  )
  mesh = jax.make_mesh((2,), ('x',))
  split, whole = (jax.NamedSharding(mesh, p) for p in (jax.P('x'), jax.P()))
  shardings = {'split': split, 'whole': whole, 'key': whole}
  state = jax.jit(make, out_shardings=shardings)()
  with Checkpoints(directory, keep=2) as checkpoints:
    for step in (1, 2, 3, 4, 4):
      checkpoints.save(step, state, {'step': step})
    step, restored, meta = checkpoints.latest(state)
    shardings_kept = all(
      jax.tree.leaves(
        jax.tree.map(lambda a, b: a.sharding == b.sharding, restored, state)
      )
    )
    print('result', step, meta, checkpoints.steps(), shardings_kept)
  jax.distributed.shutdown()


if __name__ == '__main__':
  main()
