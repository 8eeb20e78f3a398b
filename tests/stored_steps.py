"""What a checkpoint holds, for tests that compare the ends of runs."""

import jax

from jaxsparse.core import paths
from jaxsparse.training.checkpoints import files


def arrays_and_meta(step):
  """The arrays of a step directory by path, on the host, and its metadata."""
  directory = files.absolute(step)
  record = files.read_record(directory)
  state = files.read(directory, record, files.read_structure(directory, record))
  return paths.flatten(jax.device_get(state)), record.meta


def arrays_at(workdir, step):
  """The arrays of a checkpoint of a run, by path."""
  return arrays_and_meta(workdir / 'checkpoints' / str(step))[0]
