"""Densities by Lanczos, against the exact spectrum of the same run."""

import numpy as np
import pytest
from scipy.sparse.linalg import ArpackNoConvergence

from jaxsparse.analyses.density import density
from jaxsparse.analyses.spectrum import spectrum

EXAMPLES = 60


@pytest.fixture(scope='module')
def exact(runs):
  found = spectrum([runs.rigl], step=5, examples=EXAMPLES)
  return found.table['eigenvalue']


@pytest.fixture(scope='module')
def found(runs):
  return density([runs.rigl], step=5, examples=EXAMPLES, num=2)


def test_the_ends_are_those_of_the_exact_spectrum(found, exact):
  numbers = found.numbers
  assert numbers['active_weights'] == len(exact)
  ends = [
    numbers[f'{end}_eigenvalue{which}']
    for end in ('lowest', 'highest')
    for which in ('', '_2')
  ]
  expected = exact[[0, 1, -1, -2]]
  np.testing.assert_allclose(ends, expected, rtol=1e-3, atol=1e-5)


def test_moments_are_near_those_of_the_exact_spectrum(found, exact):
  table = found.table
  assert table['probe'].tolist() == np.repeat(range(4), 64).tolist()
  share = table['weight'].reshape(4, 64)
  np.testing.assert_allclose(share.sum(1), 1)
  nodes = table['eigenvalue'].reshape(4, 64)
  assert nodes.min() == pytest.approx(exact[0], rel=1e-3)
  # Of a vector of signs v' H^2 v has the mean |H|^2, within its deviation of at
  # most |H^2| root 2 over the root of the probes.
  square = np.mean(np.sum(share * nodes**2, 1))
  bound = 4 * np.sqrt(2 * np.sum(exact**4) / 4) / len(exact)
  assert abs(square - np.mean(exact**2)) < bound
  below = np.sum(np.where(nodes < -1e-3, share, 0), 1).mean() * len(exact)
  assert found.numbers['negative_eigenvalues'] == pytest.approx(below)
  total = np.sum(np.where(nodes < -1e-3, share * nodes, 0), 1).mean()
  assert found.numbers['negative_sum'] == pytest.approx(total * len(exact))


def test_a_seed_draws_the_probes_and_batches_only_round(runs, found):
  options = {'step': 5, 'examples': EXAMPLES, 'num_probes': 1, 'num_steps': 9}
  one, again, other = (
    density([runs.rigl], **options, **more).table['eigenvalue']
    for more in ({}, {'batch_size': 25}, {'seed': 1})
  )
  np.testing.assert_allclose(one, again, rtol=1e-2, atol=1e-4)
  assert np.abs(one - other).max() > 1e-3
  # Probes after the first change nothing of it.
  assert len(one) == 9


def test_a_curve_is_the_mean_density_over_seeds(found, draw):
  table = found.table
  far = table | {'eigenvalue': table['eigenvalue'] + 3}
  (ax,) = draw(density, (table, 'RigL'), (far, 'RigL')).figure.axes
  (line,) = ax.lines
  # By a sum over bells, of the width that fits the area.
  nodes = np.concatenate([t['eigenvalue'] for t in (table, far)])
  width = 0.005 * np.ptp(nodes)
  weights = np.tile(table['weight'], 2) / 8
  x = line.get_xdata()
  bells = np.exp(-(((x[:, None] - nodes[None]) / width) ** 2) / 2)
  expected = bells @ weights / width / np.sqrt(2 * np.pi)
  np.testing.assert_allclose(line.get_ydata(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
  ('options', 'said'),
  [
    ({'num_probes': 0}, 'num_probes is 0; accepted is >= 1'),
    ({'num_steps': 0}, 'num_steps is 0; accepted is >= 1'),
    ({'num': 0}, 'num is 0; accepted is >= 1'),
    ({'num': 500}, 'num is 500; .* fewer than half of the'),
    ({'below': 1.0}, 'below is 1.0; accepted is <= 0'),
    ({'batch_size': 0}, 'batch_size is 0; accepted is >= 1'),
    ({'step': 15}, 'does not hold step 15; kept are 0'),
  ],
)
def test_numbers_that_do_not_fit_are_refused(runs, options, said):
  with pytest.raises(ValueError, match=said):
    density([runs.rigl], **options)


def test_what_does_not_converge_is_told(runs, monkeypatch):
  def never(*args, **kwargs):
    raise ArpackNoConvergence('No convergence', np.zeros(1), np.zeros((1, 1)))

  monkeypatch.setattr('scipy.sparse.linalg.eigsh', never)
  with pytest.raises(ValueError, match='not all converged to a tolerance of'):
    density([runs.rigl], examples=EXAMPLES)
