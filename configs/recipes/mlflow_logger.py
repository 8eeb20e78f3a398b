"""Records of a run in MLflow.

    python -m configs.recipes.mlflow_logger

Any program takes a logger by its dotted path:
`--config.loggers="('my_pkg.mlflow_logger.log',)"`.
"""

import contextlib
import pathlib
import tempfile

import mlflow

from jaxsparse.config.defaults import default_config
from jaxsparse.runs.train import train


@contextlib.contextmanager
def log(config, workdir):
  mlflow.set_experiment('sparse')
  with mlflow.start_run(run_name=workdir.name):
    mlflow.log_dict(config, 'config.json')
    yield lambda record: mlflow.log_metrics(record, step=record['step'])


def main(num_steps: int = 200) -> None:
  """Runs the recipe and prints what came out."""
  config = default_config()
  config.num_steps, config.loggers = num_steps, (f'{__spec__.name}.log',)
  with tempfile.TemporaryDirectory() as folder:
    train(config, pathlib.Path(folder) / 'run', plots=False)


if __name__ == '__main__':
  main()
