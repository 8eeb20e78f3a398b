"""Barriers after the units of the other net are permuted."""

import jax
import numpy as np
import pytest

from jaxsparse.analyses.barrier import barrier
from jaxsparse.analyses.interpolation import interpolation
from jaxsparse.analysis import permutations
from jaxsparse.runs import finished
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import save_params

LINE = {'points': 15, 'examples': 200}


@pytest.fixture(scope='module')
def copy(runs, make_config, tmp_path_factory):
  """A run that ends at the end of `runs.tuned_0`, its units permuted."""
  root = tmp_path_factory.mktemp('copy')
  run = finished.load(runs.tuned_0)
  net = finished.solution(run)
  groups = permutations.unit_groups(
    run.experiment.task.logits,
    net.params,
    net.model_state,
    run.experiment.example[0],
  )
  moves = permutations.random_permutations(groups, key=jax.random.key(4))
  permuted = [permutations.permute(groups, moves, tree) for tree in net[:2]]
  save_params(root / 'permuted', *permuted)
  config = make_config('static', optimizer__learning_rate=1e-30)
  config.init.checkpoint = str(root / 'permuted')
  train(config, root / 'run', plots=False)
  return root / 'run'


def test_a_permuted_copy_has_no_barrier_once_aligned(runs, copy):
  with pytest.raises(ValueError, match='masks differ'):
    interpolation([runs.tuned_0, copy], **LINE)
  pair = [runs.tuned_0, copy]
  plain = interpolation(pair, same_masks=False, **LINE).numbers
  aligned = interpolation(pair, align=True, **LINE)
  assert plain['barrier_from_end'] > 0.1
  assert aligned.numbers['barrier_from_end'] == pytest.approx(0, abs=1e-6)
  same = interpolation([runs.tuned_0, runs.tuned_0], **LINE)
  np.testing.assert_allclose(
    aligned.table['loss'], same.table['loss'], rtol=1e-5
  )


def test_the_barrier_between_two_seeds_is_no_larger(runs):
  pair = [runs.tuned_0, runs.pruned_1]
  plain, aligned = (
    interpolation(pair, same_masks=False, align=align, **LINE).numbers
    for align in (False, True)
  )
  assert aligned['barrier_from_end'] < plain['barrier_from_end']


@pytest.mark.slow
def test_curves_start_from_the_aligned_net(runs, copy):
  options = {'points': 3, 'examples': 100, 'steps': 5, 'batch_size': 16}
  aligned = barrier([runs.tuned_0, copy], align=True, **options)
  line = aligned.table['loss'][:3]
  np.testing.assert_allclose(line, line[0], rtol=1e-5)
