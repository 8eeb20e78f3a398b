"""What is waited for before a program has done anything: whole processes."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from jaxsparse.benchmarks import processes
from jaxsparse.benchmarks.harness import Comparison, Thunk

_RUN = ('train', '--config=digits/mlp:rigl', '--config.num_steps=60')


def starting() -> Iterator[Comparison]:
  """Compares `launch.train` with `python -c 'import jax'`."""
  with tempfile.TemporaryDirectory() as folder:
    for name, thunk in _starts(Path(folder)).items():
      yield Comparison(
        f"{name}, against python -c 'import jax'",
        lambda: processes.run(processes.PYTHON, '-c', 'import jax'),
        thunk,
        thunk,
        aim=None,
        speedup=False,
        rounds=5,
      )


def _starts(cache: Path) -> dict[str, Thunk]:
  typo = (*_RUN, '--config.updater.sparsty=0.9')
  return {
    'launch.train --help': lambda: processes.launch(
      'train', '--help', workdir=False
    ),
    'a mistyped field': lambda: processes.launch(*typo, code=2),
    '60 steps of digits/mlp:rigl, nothing compiled before': processes.cold(
      *_RUN
    ),
    'the same a second time': processes.warm(*_RUN, cache=cache),
  }
