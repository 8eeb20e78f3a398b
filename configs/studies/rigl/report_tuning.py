r"""WRN-22-2 on CIFAR-10: RigL with the drop fractions and intervals tuned.

  python -m launch.study --config=studies/rigl/report_tuning \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

36 members. The results of the report's search are trained here, beside its drop
fraction 0.3 and interval 100; a search like it is `python -m launch.sweep
--config=cifar10/wrn22_2:rigl` with `--search
config.updater.drop_fraction=0.1:0.6 --search
config.updater.update_interval=int:50:1000:50` and 15 trials. `_report.py` has
settings, data and deviations.
"""

from jaxsparse.studies.spec import Study

from . import _report
from ._nets import SPARSITY, printed
from ._runs import label, runs, variant

# Distribution and sparsity -> drop fraction and interval.
_TUNED = {
  ('uniform', 0.9): (0.197, 50),
  ('uniform', 0.8): (0.448, 150),
  ('uniform', 0.5): (0.459, 550),
  ('erk', 0.9): (0.416, 200),
  ('erk', 0.8): (0.381, 950),
  ('erk', 0.5): (0.287, 500),
}


def get_config() -> Study:
  """Returns the study."""
  net = _report.CIFAR10._replace(printed=printed('report_tuning'))
  return Study(
    title='WRN-22-2 on CIFAR-10: RigL tuned',
    source=f'{_report.SOURCE}: the table of tuned hyperparameters',
    runs=(
      *runs(net, ('rigl_uniform', 'rigl_erk'), (0.5, 0.8, 0.9)),
      *(
        variant(
          net,
          f'rigl_{spread}',
          f'tuned_{spread}_{100 * sparsity:g}',
          moved(fraction, interval),
          label=f'{label(f"rigl_{spread}")}, {fraction:g} every {interval}',
          grid={SPARSITY: (sparsity,)},
        )
        for (spread, sparsity), (fraction, interval) in _TUNED.items()
      ),
    ),
    metrics=('test_accuracy', 'validation_accuracy'),
    across=SPARSITY,
    figures=(),
    notes=_report.DATA,
  )


def moved(fraction: float, interval: int) -> dict[str, float]:
  """Returns fields that make the last step of each interval a mask step."""
  return {
    'updater.drop_fraction': fraction,
    'updater.update_interval': interval,
    'updater.start_step': interval - 1,
  }
