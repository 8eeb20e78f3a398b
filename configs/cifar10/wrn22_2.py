r"""WRN-22-2 on CIFAR-10, dense and at 95 % (ERK).

  python -m launch.train --config=cifar10/wrn22_2:rigl --workdir=DIR \
    --config.data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; ~/tensorflow_datasets if not
given. `--config.data.name=cifar10_jpeg` takes a lossy copy (JPEG) where that is
there: say so beside the numbers.

The recipe of Evci et al. 2020, "Rigging the Lottery": 97,656 steps of 128
images (250 epochs), trained on all 50,000. We have not run this to its end; the
paper's test accuracies, which are not ours:

  method   test accuracy, %
  dense    94.1
  static   89.0
  set      -
  rigl     91.8
  gmp      92.3

Masks of SET change as in RigL, not once an epoch as in SET's own paper; gmp
prunes from step 20,000 to 75,000, every 1,000: the defaults of the authors'
code. The first convolution stays dense, as by default in their code.
Convolutions start as He normal over fan-out, as in the reproducibility report.

`--config.multiplier=0.2` makes all of it a fifth as long, but for the intervals
between mask steps; 2 is the paper's "2x".

Meant for a GPU: on CPU a step of 128 images takes seconds. The study
`studies/rigl/cifar10_short` is there for that.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config, method_fields

METHODS = method_fields(
  {'sparsity': 0.95, 'distribution': 'erk', 'dense_first': True},
  {
    'static': {},
    'set rigl': {
      'drop_fraction': 0.3,
      'update_interval': 100,
      'stop_step': 75_000,
    },
    # The last mask step is 75,000.
    'gmp': {'update_interval': 1000, 'start_step': 20_000, 'stop_step': 75_001},
  },
)


def get_config(method: str = 'rigl') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='wide_resnet')
  config.data.name = 'cifar10'
  config.data.standardize = True
  config.data.augment = ('crop', 'flip')
  config.batch_size = 128
  config.num_steps = 97_656
  config.model.depth = 22
  config.model.width = 2.0
  config.model.dropout = 0.3
  config.optimizer.learning_rate = 0.1
  config.optimizer.nesterov = True
  config.optimizer.weight_decay = 5e-4
  # A fifth of the rate from steps 30,000, 60,000 and 90,000 on.
  config.optimizer.schedule = 'piecewise'
  config.optimizer.boundaries = (30 / 97.656, 60 / 97.656, 90 / 97.656)
  config.optimizer.scales = (0.2, 0.04, 0.008)
  config.eval.interval = 4000
  config.gradient_flow.interval = 0
  return config
