"""Verified checkpoints of a run, and bare pairs of params and masks.

`Checkpoints` keeps the steps of a run; `save_params` and `load_params` move
params and masks outside of one. All that is read is compared with the
fingerprints that were saved with it. The only part of jaxsparse that uses
Orbax.
"""

from jaxsparse.training.checkpoints.bare import (
  check_like,
  fingerprint,
  load_params,
  save_params,
)
from jaxsparse.training.checkpoints.records import (
  CheckpointError,
  CheckpointMismatch,
)
from jaxsparse.training.checkpoints.run import Checkpoints

__all__ = [
  'CheckpointError',
  'CheckpointMismatch',
  'Checkpoints',
  'check_like',
  'fingerprint',
  'load_params',
  'save_params',
]
