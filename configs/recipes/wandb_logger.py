"""Records of a run in Weights & Biases.

    python -m configs.recipes.wandb_logger

Any program takes a logger by its dotted path:
`--config.loggers="('my_pkg.wandb_logger.log',)"`. A run that resumes goes on
in the run of wandb that it had.
"""

import contextlib
import pathlib
import tempfile

import wandb

from jaxsparse.config.defaults import default_config
from jaxsparse.runs.train import train


@contextlib.contextmanager
def log(config, workdir):
  with wandb.init(
    project='sparse',
    id=workdir.name,
    config=config,
    resume='allow',
    reinit='create_new',  # Members of a study train at once.
  ) as run:
    yield lambda record: run.log(record, step=record['step'])


def main(num_steps: int = 200) -> None:
  """Runs the recipe and prints what came out."""
  config = default_config()
  config.num_steps, config.loggers = num_steps, (f'{__spec__.name}.log',)
  with tempfile.TemporaryDirectory() as folder:
    train(config, pathlib.Path(folder) / 'run', plots=False)


if __name__ == '__main__':
  main()
