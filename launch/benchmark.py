"""Measures what sparsity costs and what our ways of doing things earn.

  python -m launch.benchmark [--only=topk,step] [--rounds=21]

Prints a Markdown table of ratios. Run it on a machine that does nothing else.
"""

import platform
import sys

from absl import flags

from jaxsparse.cli import command

_CASES = 'jaxsparse.benchmarks.cases'

_ONLY = flags.DEFINE_list('only', [], 'Topics to measure; all by default.')
_ROUNDS = flags.DEFINE_integer(
  'rounds', None, 'Rounds of each comparison, in place of its own number.'
)


def main() -> None:
  """Runs every comparison and prints the table."""
  import jax

  from jaxsparse.benchmarks import harness
  from jaxsparse.core import registry

  if _ROUNDS.value is not None and _ROUNDS.value < 1:
    raise ValueError(f'--rounds: got {_ROUNDS.value}; accepted is >= 1')
  topics = [
    registry.resolve(name, _CASES)
    for name in _ONLY.value or registry.names(_CASES)
  ]
  results = []
  for topic in topics:
    for comparison in topic():
      sys.stderr.write(f'measuring: {comparison.name}\n')
      results.append(harness.measure(comparison, _ROUNDS.value))
  print(harness.table(results))
  print(
    f'\n{jax.devices()[0].device_kind} x {jax.device_count()}'
    f' ({platform.machine()}), jax {jax.__version__}'
  )


def run() -> None:
  """Runs the program `jaxsparse-benchmark`."""
  command.run(main, cached=False)  # Compiling is measured too.


if __name__ == '__main__':
  run()
