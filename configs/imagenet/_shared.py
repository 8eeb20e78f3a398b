"""What the recipes for ImageNet-2012 share, at 0.1 for 256 images."""

from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_fields


def set_shared(config: ConfigDict, *, batch_size: int, num_steps: int) -> None:
  """Sets data, optimizer and evaluation, which is 20 times in a run."""
  config.data.name = 'imagenet2012'
  config.data.mean = (0.485, 0.456, 0.406)
  config.data.std = (0.229, 0.224, 0.225)
  config.data.augment = ('flip',)
  config.batch_size = batch_size
  config.num_steps = num_steps
  config.label_smoothing = 0.1
  config.optimizer.learning_rate = 0.1 * batch_size / 256
  config.optimizer.nesterov = True
  config.optimizer.weight_decay = 1e-4
  config.optimizer.schedule = 'piecewise'
  config.optimizer.scales = (0.1, 0.01, 0.001)
  config.eval.interval = num_steps // 20
  config.eval.batch_size = 500


def methods(
  sparse: Mapping[str, Any], *, moving: float, pruned: tuple[float, float]
) -> dict[str, Mapping[str, Any]]:
  """Returns method -> fields of `updater`.

  Args:
    sparse: fields of all methods but `dense`.
    moving: fraction of the run until which SET and RigL move masks.
    pruned: fractions of the run at which pruning begins and ends.
  """
  start, stop = pruned
  interval = {'drop_fraction': 0.3, 'update_interval': 100}
  ramp = {'start_fraction': start, 'stop_fraction': stop}
  return method_fields(
    sparse,
    {
      'static': {},
      'set rigl': {**interval, 'stop_fraction': moving},
      'gmp': {'update_interval': 1000, **ramp},
    },
  )
