r"""ResNet-50 on CIFAR-100, dense and at 90 % (ERK).

  python -m launch.train --config=cifar100/resnet50:rigl --workdir=DIR \
    --config.data.dir=FOLDER

FOLDER is where TFDS has cifar100 as array_record; ~/tensorflow_datasets if not
given.

The recipe of Sundar and Dwaraknath 2021, "[Re] Rigging the Lottery": 88,000
steps of 128 images (250 epochs), 5,000 held out for validation. We have not run
this to its end; the report's test accuracies, which are not ours:

  method   test accuracy, %
  dense    74.7
  static   71.5
  set      72.3
  rigl     72.6
  gmp      73.1   (of one threshold over all layers; here each has its own)

The rate falls by steps that are counted from the end of the warm-up.

Meant for a GPU. `--dry_run` needs neither it nor the data.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config, method_fields

METHODS = method_fields(
  {'sparsity': 0.9, 'distribution': 'erk'},
  {
    'static': {},
    'set rigl': {
      'drop_fraction': 0.3,
      'update_interval': 100,
      'start_step': 99,
      'stop_step': 65_918,
    },
    'gmp': {'update_interval': 100, 'start_step': 700, 'stop_step': 65_918},
  },
)


def get_config(method: str = 'rigl') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='resnet')
  config.data.name = 'cifar100'
  config.data.validation = 5000.0
  config.data.standardize = True
  config.data.augment = ('resized_crop', 'flip')
  config.batch_size = 128
  config.num_steps = 88_000
  config.label_smoothing = 0.1
  config.model.depth = 50
  config.model.stem = 'cifar'
  config.model.zero_init_residual = True
  config.optimizer.learning_rate = 0.1
  config.optimizer.nesterov = True
  config.optimizer.weight_decay = 1e-4
  # Five epochs; then a fifth of the rate every 20,000 steps.
  config.optimizer.warmup_steps = 1760
  config.optimizer.schedule = 'piecewise'
  config.optimizer.boundaries = tuple(
    step / 88 for step in (21.76, 41.76, 61.76, 81.76)
  )
  config.optimizer.scales = (0.2, 0.04, 0.008, 0.0016)
  config.eval.interval = 4000
  config.eval.batch_size = 500
  config.gradient_flow.interval = 0
  return config
