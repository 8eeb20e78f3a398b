"""Measures what sparsity costs and what our ways of doing things earn.

  python -m launch.benchmark [--only=topk,step] [--rounds=21]

Prints a Markdown table of ratios, each row once it is measured. Run it on a
machine that does nothing else. Topics that start whole processes, `starting`
and `whole_job`, take many minutes and are measured where `--only` names them,
and so is `precision`, which is for accelerators. `whole_job` needs MNIST, in
JAXSPARSE_TEST_DATA, and PyTorch with sparsimony, in JAXSPARSE_TORCH_PYTHON.
"""

import platform
import sys

from absl import flags

from jaxsparse.cli import command

_CASES = 'jaxsparse.benchmarks.cases'
_BY_NAME = ('precision', 'starting', 'whole_job')

_ONLY = flags.DEFINE_list(
  'only', [], f'Topics to measure; all but {", ".join(_BY_NAME)} by default.'
)
_ROUNDS = flags.DEFINE_integer(
  'rounds', None, 'Rounds of each comparison, in place of its own number.'
)


def main() -> None:
  """Runs every comparison and prints its row at once."""
  import jax

  from jaxsparse.benchmarks import harness
  from jaxsparse.core import registry

  if _ROUNDS.value is not None and _ROUNDS.value < 1:
    raise ValueError(f'--rounds: got {_ROUNDS.value}; accepted is >= 1')
  usual = [n for n in registry.names(_CASES) if n not in _BY_NAME]
  topics = [registry.resolve(n, _CASES) for n in _ONLY.value or usual]
  print(harness.HEADER, flush=True)
  for topic in topics:
    for comparison in topic():
      sys.stderr.write(f'measuring: {comparison.name}\n')
      result = harness.measure(comparison, _ROUNDS.value)
      print(harness.row(result), flush=True)
  print(
    f'\n{jax.devices()[0].device_kind} x {jax.device_count()}'
    f' ({platform.machine()}), jax {jax.__version__}'
  )


def run() -> None:
  """Runs the program `jaxsparse-benchmark`."""
  command.run(main, cached=False)  # Compiling is measured too.


if __name__ == '__main__':
  run()
