r"""How wide a dense net of a sparse one's size is, and the other way round.

  python -m launch.width --config=imagenet/resnet50:rigl \
    [--size=parameters] [--config.updater.sparsity=0.9 ...]

Prints what to add to the config for Small-Dense, the widest dense net that is
no larger than the sparse one of the config, and for Big-Sparse, the widest of
the config's sparsity that is no larger than its net when dense (Evci et al.
2020, "Rigging the Lottery"). The data set need not be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from absl import flags

from jaxsparse.cli import command

if TYPE_CHECKING:
  from jaxsparse.runs.baselines import Baseline

_CONFIG = command.config_flag()
_SIZE = flags.DEFINE_enum(
  'size',
  'bytes',
  ('bytes', 'parameters'),
  'What is equal: bytes, an active weight having 4 and each position of a'
  ' sparse layer a bit, or parameters.',
)


def main() -> None:
  """Prints both baselines."""
  from jaxsparse.runs import baselines

  config, size = command.required(_CONFIG), _SIZE.value
  for name, find in (
    ('small dense', baselines.find_small_dense),
    ('big sparse', baselines.find_big_sparse),
  ):
    print(_text(name, find(config, size=size)), end='\n\n', flush=True)


def _text(name: str, found: Baseline) -> str:
  from jaxsparse.runs.summary import columns

  unit = _SIZE.value
  return columns(
    [
      (name, f'width {found.width:g}'),
      ('  size', f'{found.size:,} {unit}, of {found.budget:,}'),
      *(
        ('  add', f'--config.{field}={value}')
        for field, value in found.fields.items()
      ),
    ]
  )


def run() -> None:
  """Runs the program `jaxsparse-width`."""
  command.run(main)


if __name__ == '__main__':
  run()
