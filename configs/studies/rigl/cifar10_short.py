r"""WRN-22-2 on CIFAR-10 at 95 % (ERK): every method for some hundred steps.

  python -m launch.study --config=studies/rigl/cifar10_short \
    --workdir=DIR --override data.dir=FOLDER --override data.name=cifar10_jpeg

FOLDER is where TFDS has cifar10_jpeg, a lossy copy (JPEG) of CIFAR-10, as
array_record; leave the second override out where it has cifar10 itself. 15
members of 292 steps of 16 images (a tenth of an epoch), for 2 CPU cores: the
recipe of the paper at 1/330 of its length and an eighth of its batch, masks
changing every 10 steps. It shows that all of it works, and next to nothing
about which method is best: a tenth of an epoch is too short for pruning to
recover, or for RigL and Static to be told apart. Results of `--seeds=2`, half
an hour of members: cifar10_short.md.
"""

from jaxsparse.studies.spec import Study

from ._nets import CIFAR10_DATA, CIFAR10_FIGURE, METRICS, WRN22_2
from ._runs import runs
from .cifar10 import ABOVE_STATIC, NEAR_PRUNING, RUNS

# On two cores a batch of 128 takes seconds, and all test images take a minute:
# evaluation during training is on a few held-out training images.
_NET = WRN22_2._replace(
  printed={},
  overrides={
    'multiplier': 0.003,
    'batch_size': 16,
    'log_interval': 10,
    'data.validation': 500.0,
    'eval.interval': 73,
    'eval.batch_size': 250,
  },
  moving={'updater.update_interval': 10},
  pruned={'updater.update_interval': 10},
)


def get_config() -> Study:
  """Returns the study."""
  return Study(
    title='WRN-22-2 on CIFAR-10 at 95 %: some hundred steps',
    source=f'{CIFAR10_FIGURE}, at 1/330 of its length, so without its numbers',
    runs=runs(_NET, RUNS, (0.95,)),
    metrics=METRICS,
    claims=(ABOVE_STATIC, NEAR_PRUNING),
    notes=CIFAR10_DATA,
  )
