"""Whole jobs on MNIST, from start to exit, against PyTorch and sparsimony.

Needs MNIST in the TFDS folder that `JAXSPARSE_TEST_DATA` names, and a Python
with torch, NumPy and sparsimony, which `JAXSPARSE_TORCH_PYTHON` names (by
default this one), and a checkout; is skipped without. sparsimony 0.1.0 asks for
NumPy 1, but runs with 2: `pip install --no-deps sparsimony`.

PyTorch and the own loop read the same arrays from one file, and evaluate once;
`launch.train` and `launch.sweep` also evaluate, probe, save and plot as they do
by default. A cold job compiles everything, a warm one nothing.
"""

import functools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from jaxsparse.benchmarks import mnist_rigl, processes
from jaxsparse.benchmarks.harness import Comparison, Thunk
from jaxsparse.data import datasets
from jaxsparse.errors import DataError

DATA = 'JAXSPARSE_TEST_DATA'
TORCH = 'JAXSPARSE_TORCH_PYTHON'
# The library does without torch: the script is no part of the package.
_TORCH_JOB = (
  Path(__file__).parents[3] / 'tests' / 'benchmarks' / 'mnist_rigl_torch.py'
)
_STEPS, _MEMBERS, _MEMBER_STEPS = 1800, 8, 600
_AIMS = {'cold': 1.0, 'warm': 0.6}


def whole_job() -> Iterator[Comparison]:
  """Compares one run on one core, and a sweep of 8 seeds on all of them."""
  with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    missing = _missing(folder)
    if missing:
      sys.stderr.write(f'whole_job is skipped: {missing}\n')
      return
    for how, job, aim in _runs(folder):
      yield Comparison(
        f'RigL on MNIST, {_STEPS:,} steps on one core, {how}, against PyTorch',
        _on_one_core(_torch(folder, _STEPS, 1)),
        _on_one_core(job),
        _on_one_core(job),
        aim=aim,
        speedup=False,
        rounds=3,
      )
    for how, job in _launch(
      folder, 'sweep', _MEMBER_STEPS, f'--sweep=config.seed=0:{_MEMBERS}'
    ).items():
      yield Comparison(
        f'launch.sweep of {_MEMBERS} seeds, {_MEMBER_STEPS} steps, {how},'
        f' against {_MEMBERS} processes of PyTorch one by one',
        _torch(folder, _MEMBER_STEPS, _MEMBERS),
        job,
        job,
        aim=0.4,
        speedup=False,
        rounds=3,
      )


def _missing(folder: Path) -> str:
  """Writes MNIST to `folder`; returns what is missing, or ''."""
  if not _TORCH_JOB.exists():
    return f'{_TORCH_JOB} is in a checkout only'
  if DATA not in os.environ:
    return f'{DATA} is not set'
  try:
    processes.run(_torch_python(), '-c', 'import torch, sparsimony')
    data = datasets.load('mnist', data_dir=os.environ[DATA])
  except (OSError, processes.ProcessFailed):
    return f'{TORCH} names no Python with torch and sparsimony'
  except DataError as error:
    return f'{DATA}: {error}'
  np.savez(
    folder / 'mnist.npz',
    train=data.train.images,
    labels=data.train.labels,
    test=data.test.images,
    test_labels=data.test.labels,
  )
  return ''


def _runs(folder: Path) -> Iterator[tuple[str, Thunk, float]]:
  """Yields the ways of one run: a name, a thunk and the aim."""
  job = (processes.PYTHON, '-m', mnist_rigl.__name__, f'{folder}/mnist.npz')
  caches = {
    'cold': {'JAX_ENABLE_COMPILATION_CACHE': 'false'},
    'warm': {
      'JAX_COMPILATION_CACHE_DIR': f'{folder}/own',
      'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
    },
  }
  train = _launch(folder, 'train', _STEPS)
  for how, aim in _AIMS.items():
    own = functools.partial(
      processes.run, *job, f'{_STEPS}', '0', environment=caches[how]
    )
    yield f'own loop, {how}', own, aim
    yield f'launch.train, {how}', train[how], aim


def _launch(
  folder: Path, program: str, steps: int, *flags: str
) -> dict[str, Thunk]:
  job = (
    program,
    '--config=mnist/lenet_300_100:rigl',
    f'--config.num_steps={steps}',
    f'--config.data.dir={os.environ[DATA]}',
    *flags,
  )
  return {
    'cold': processes.cold(*job),
    'warm': processes.warm(*job, cache=folder / program),
  }


def _torch(folder: Path, steps: int, seeds: int) -> Thunk:
  job = (_torch_python(), f'{_TORCH_JOB}', f'{folder}/mnist.npz')

  def thunk() -> None:
    for seed in range(seeds):
      processes.run(*job, f'{steps}', f'{seed}')

  return thunk


def _torch_python() -> str:
  return os.environ.get(TORCH, processes.PYTHON)


def _on_one_core(job: Thunk) -> Thunk:
  def thunk() -> None:
    with processes.one_core():
      job()

  return thunk
