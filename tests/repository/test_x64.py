"""Parts of the suite with `jax_enable_x64`, in a process of their own.

What differs by design is tested in place: `tests/updaters/test_x64.py` and
`tests/runs/test_x64.py` compare with and without.
"""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
CONTRACT = 'tests/updaters/test_contract.py'
BY_LEAF = 'tests/core/test_topk_by_leaf.py'
QUICK = (
  *(
    f'{CONTRACT}::test_contract[rigl-{check}]'
    for check in (
      'active_weights_are_as_the_invariant_says',
      'vmap_equals_a_loop',
      'one_program_serves_all_counts_and_numbers',
    )
  ),
  f'{CONTRACT}::test_state_survives_orbax[rigl]',
  f'{BY_LEAF}::test_equals_a_stable_sort_of_each_leaf',
  f'{BY_LEAF}::test_leaves_of_other_types_and_without_masks',
)
PARTS = (
  *('core', 'updaters', 'optim', 'models', 'training'),
  'analyses',
  'runs/test_together.py',
  'runs/test_train.py',
  'launch/test_train.py',
)


def run(*tests):
  """Runs tests by their ids; fails with what pytest prints."""
  done = subprocess.run(
    [sys.executable, '-m', 'pytest', '-q', '-n', '0', '-p', 'no:cacheprovider']
    + [*tests],
    cwd=ROOT,
    env=os.environ | {'JAX_ENABLE_X64': '1', 'PYTHONPATH': str(ROOT)},
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]


def test_a_part_of_the_suite_passes():
  run(*QUICK)


@pytest.mark.slow
@pytest.mark.parametrize('part', PARTS)
def test_most_of_the_suite_passes(part):
  run(f'tests/{part}')
