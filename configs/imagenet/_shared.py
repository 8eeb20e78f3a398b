"""What the recipes for ImageNet-2012 share, at 0.1 for 256 images."""

from ml_collections import ConfigDict


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
