r"""WRN-22-2 on CIFAR-10: RigL with the drop fractions and intervals tuned.

  python -m launch.study --config=configs/studies/rigl/report_tuning.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; with `--override
data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has to be named
beside each figure. 36 members of 88,000 steps of 128 images, for a GPU. A
search like the one of the report is `python -m launch.sweep
--config=cifar10/wrn22_2:rigl` with `--search
config.updater.drop_fraction=0.1:0.6 --search
config.updater.update_interval=int:50:1000:50` and 15 trials.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import report_tuning
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return report_tuning.tuning()
