"""What the recipes of Wang et al. 2020 (GraSP) share, besides the net."""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_fields

# Of methods that rank all layers together: a layer that ERK leaves dense would
# stay so.
_TOGETHER = {'distribution': 'uniform'}
METHODS = method_fields(
  {'sparsity': 0.98},
  {
    'static': {},
    'random magnitude_at_init synflow iterative_snip force': _TOGETHER,
    'grasp': {**_TOGETHER, 'temperature': 200.0},
    'snip': {'global_ranking': True},
    # With BatchNorm there is no gradient of one example.
    'obd': {**_TOGETHER, 'diagonal': 'hessian'},
    'dsr deep_r': {'update_interval': 100},
    'set rigl': {'drop_fraction': 0.3, 'update_interval': 100},
    'gmp': {
      'update_interval': 1000,
      'start_fraction': 0.2,
      'stop_fraction': 0.75,
    },
  },
)


# Those that score weights on ten examples of each class.
_SCORING = ('grasp', 'iterative_snip', 'force', 'obd')


def set_shared(config: ConfigDict, *, weight_decay: float) -> None:
  """Sets data, start, optimiser and length: 160 epochs of 128 images."""
  if config.updater.name in _SCORING:
    config.scoring.per_class = 10
  config.data.name = 'cifar10'
  config.data.mean = (0.4914, 0.4822, 0.4465)
  config.data.std = (0.2023, 0.1994, 0.2010)
  config.data.augment = ('crop', 'flip')
  config.data.crop_fill = 'zeros'
  config.batch_size = 128
  config.num_epochs = 160.0
  config.model.kernel_init = 'he_normal_fan_out'
  config.optimizer.learning_rate = 0.1
  config.optimizer.weight_decay = weight_decay
  config.optimizer.schedule = 'piecewise'
  config.optimizer.boundaries = (0.5, 0.75)
  config.optimizer.scales = (0.1, 0.01)
  config.eval.interval = 4000
  config.gradient_flow.interval = 0
