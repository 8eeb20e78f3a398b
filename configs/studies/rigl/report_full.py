r"""WRN-22-2 on all of CIFAR-10: the first table of the reproducibility report.

  python -m launch.study --config=studies/rigl/report_full \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; with `--override
data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has to be named
beside each figure. 30 members of 97,656 steps of 128 images, for a GPU. At 90 %
(ERK) the report has 91.6, 93.2 and 93.2 % for Static, pruning and RigL, and the
paper, as quoted there, 91.6, 93.3 and 93.1 %.

**Deviations**: those of `_report.py`. The report does not say how its steps
change where no image is held out: here a run has the same 250 epochs, and the
falls of the rate stay where they are, so that the third comes into it, as in
the paper; masks move for three quarters of it again. The length of RigL's runs
in its table is not known to us.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.claims import Bound, Ordering
from jaxsparse.studies.spec import Study

from . import _report
from ._nets import SPARSITY, printed
from ._runs import label, table

_SPARSITIES = (0.5, 0.8, 0.9)
_STEPS = 97_656
_NET = _report.CIFAR10._replace(
  printed=printed('report_full'),
  # The paper's recipe, as in the configs.
  overrides={},
  moving={**_report.CIFAR10.moving, 'updater.stop_step': 3 * _STEPS // 4},
  pruned={
    **_report.CIFAR10.pruned,
    'updater.stop_step': 3 * _STEPS // 4,
    'optimizer.boundaries': tuple(
      step / 97.656 for step in (33.52, 63.52, 93.52)
    ),
  },
)


def get_config() -> Study:
  """Returns the study."""
  original = {
    name: numbers['test_accuracy']
    for name, numbers in printed('report_full_original').items()
  }
  quoted = '; '.join(
    f'{label(name)} {_listed(accuracy)}' for name, accuracy in original.items()
  )
  return table(
    _NET,
    ('dense', 'static_erk', 'gmp_global', 'rigl_erk'),
    _SPARSITIES,
    title='WRN-22-2 on CIFAR-10: all images, in the reproducibility report',
    source=f'{_report.SOURCE}: the table of runs without a validation split',
    claims=(
      Ordering(('static_erk', 'rigl_erk'), text='RigL ends above Static.'),
      # The report claims this of its numbers.
      *(
        Bound(
          'rigl_erk',
          '>=',
          round(accuracy - 0.1, 1),
          at={SPARSITY: sparsity},
          text=(
            f'At {100 * sparsity:g} % RigL ends no more than 0.1 points below'
            f" the paper's {accuracy:g}."
          ),
        )
        for sparsity, accuracy in original['rigl_erk'].items()
      ),
    ),
    notes=(
      f'{_report.DATA} The numbers beside ours are those of the report; Evci et'
      f' al. 2020 have, as it quotes them, {quoted}.'
    ),
  )


def _listed(accuracy: float | dict[float, float]) -> str:
  """Formats accuracies: '94.2, 92.9, 91.6 % at 50, 80, 90 %'."""
  if isinstance(accuracy, float):
    return f'{accuracy:g} %'
  at = ', '.join(f'{100 * sparsity:g}' for sparsity in accuracy)
  return f'{", ".join(f"{a:g}" for a in accuracy.values())} % at {at} %'
