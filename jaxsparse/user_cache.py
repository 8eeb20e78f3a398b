"""The folder for what can be made again: decoded data, compiled programs."""

import os
from pathlib import Path


def root() -> Path:
  """Returns `$JAXSPARSE_CACHE_DIR`, or `jaxsparse` in the user's cache folder.

  The latter is `$XDG_CACHE_HOME` or `~/.cache`. The folder need not exist.

  Raises:
    OSError: the user has no home folder.
  """
  own = os.environ.get('JAXSPARSE_CACHE_DIR')
  shared = Path(os.environ.get('XDG_CACHE_HOME', ''))
  # A relative path there is to be ignored, by the XDG specification.
  usual = (shared if shared.is_absolute() else Path('~/.cache')) / 'jaxsparse'
  try:
    return (Path(own) if own else usual).expanduser().absolute()
  except RuntimeError as error:
    raise OSError(
      f'no folder for a cache: {error} Set JAXSPARSE_CACHE_DIR.'
    ) from error
