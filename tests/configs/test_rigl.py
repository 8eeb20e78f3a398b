"""The recipes of the RigL paper and of its report: planned by shapes alone.

Steps are worked out here from the paper's numbers; no data are there.
"""

import dataclasses

import numpy as np
import pytest

from jaxsparse.experiments import config_files, learning_rate, outline
from jaxsparse.experiments.build import build
from jaxsparse.experiments.papers.rigl import mnist
from jaxsparse.experiments.studies.planning.members import expand

WRN22_2 = 1_076_912  # Published; the first convolution is 3 x 3 x 3 x 16.


def planned(name, folder, **changed):
  config = config_files.load_config(name)
  config.data.dir = str(folder / 'nowhere')
  for field, value in changed.items():
    config[field] = value
  return build(config, without_data=True)


def one_seed(study, **overrides):
  """What one seed of each run is planned as, by run and point."""
  study = dataclasses.replace(
    study,
    runs=tuple(
      dataclasses.replace(
        run,
        seeds=1,
        overrides={**run.overrides, 'data.dir': '/nowhere', **overrides},
      )
      for run in study.runs
    ),
  )
  made = expand(study, '/nowhere/runs', without_data=True)
  assert [cell.error for cell in made.cells if cell.error] == []
  return {
    (cell.row.run, *(value for _, value in cell.row.point)): made.members[
      cell.member
    ].experiment
    for cell in made.cells
  }


@pytest.mark.parametrize(
  ('times', 'steps', 'moving', 'pruned'),
  [
    (1.0, 97_656, (750, 74_900), (20_000, 75_000, 56)),
    (0.2, 19_531, (150, 14_900), (4000, 15_000, 12)),
  ],
)
def test_wrn22_2_takes_the_steps_of_the_paper(
  times, steps, moving, pruned, tmp_path
):
  dense = planned('cifar10/wrn22_2_dense', tmp_path, multiplier=times)
  assert outline.size(dense).weights == WRN22_2
  assert dense.plan.num_steps == steps
  rigl = planned('cifar10/wrn22_2_rigl', tmp_path, multiplier=times)
  assert outline.size(rigl).active == pytest.approx(
    432 + 0.05 * (WRN22_2 - 432), abs=25
  )
  at = rigl.plan.mask_steps
  assert (at[0], len(at), at[-1]) == (0, *moving)
  gmp = planned('cifar10/wrn22_2_gmp', tmp_path, multiplier=times).plan
  first, last, number = pruned
  assert (gmp.mask_steps[0], gmp.mask_steps[-1]) == (first, last)
  assert len(gmp.mask_steps) == number


@pytest.mark.parametrize('times', [1.0, 2.0, 0.2])
def test_the_rate_of_wrn22_2_falls_at_multiples_of_30_000(times):
  config = config_files.load_config('cifar10/wrn22_2_rigl')
  steps = int(97_656 * times)
  shape = learning_rate.shape(config.optimizer.to_dict(), steps)
  for i in range(4):
    edge = int(np.floor(30_000 * i * steps / 97_656))
    for step in (edge - 1, edge):
      if step >= 0:
        falls = i if step == edge else i - 1
        assert float(shape(step)) == pytest.approx(0.2**falls, rel=1e-5)


def test_lenet_300_100_is_as_sparse_by_layer_as_in_the_authors_code():
  runs = one_seed(mnist.table()) | one_seed(mnist.short())
  layers = {'Dense_0': 2352, 'Dense_1': 3270, 'Dense_2': 1000}
  for name in ('static', 'set', 'rigl'):
    counts = runs[f'{name}_layers', 0.99].target_counts
    assert counts == {f'{k}/kernel': n for k, n in layers.items()}
    assert sum(runs[f'{name}_erk', 0.98].target_counts.values()) == 5326
  long = one_seed(mnist.table())['rigl_layers', 0.99].plan
  assert (long.num_steps, len(long.mask_steps)) == (120_000, 500)
