r"""LeNet-300-100 on MNIST, dense and at 98 % (ERK).

  python -m launch.train --config=mnist/lenet_300_100:rigl --workdir=DIR \
    --config.data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record; ~/tensorflow_datasets if not
given.

  method      test accuracy, %   seconds
  dense       98.33 ± 0.20       14
  static      94.27 ± 0.13       15
  snip        96.24 ± 0.15        -   (shared cores, 2026-11-23)
  set         96.11 ± 0.02       18
  rigl        96.73 ± 0.27       17
  snfs        96.91 ± 0.29       20
  magnitude   97.38 ± 0.12       16
  gmp         97.75 ± 0.18       16

Mean and standard deviation of 3 seeds, and the time of all three, on 2 CPU
cores (x86-64), 2026-11-22: `python -m launch.sweep` with
`--sweep config.seed=0:3`.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config, method_fields

METHODS = method_fields(
  {'sparsity': 0.98},
  {
    'static snip': {},
    'set rigl snfs': {'update_interval': 100, 'start_step': 100},
    'magnitude': {'start_fraction': 0.3},
    'gmp': {
      'update_interval': 100,
      'start_fraction': 0.1,
      'stop_fraction': 0.6,
    },
  },
)


def get_config(method: str = 'rigl') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='mlp')
  config.data.name = 'mnist'
  config.num_epochs = 6.0
  config.batch_size = 100
  config.optimizer.learning_rate = 0.2
  config.optimizer.nesterov = True
  config.optimizer.weight_decay = 1e-4
  config.optimizer.schedule = 'piecewise'
  config.optimizer.boundaries = (0.45, 0.7)
  config.optimizer.scales = (1 / 3, 1 / 9)
  config.eval.interval = 200
  return config
