import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax.core import freeze

from jaxsparse.analysis import landscape
from jaxsparse.analysis.solutions import Solution

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(10, 4)).astype(np.float32)
TARGETS = RNG.normal(size=(10, 2)).astype(np.float32)
MASK = np.array([[1, 0], [1, 1], [0, 1], [1, 1]], bool)


def measure(params, model_state, batch):
  del model_state
  inputs, targets = batch
  outputs = inputs @ params['w'] + params['b'][None]
  wrong = jnp.argmax(outputs, 1) != jnp.argmax(targets, 1)
  return {'loss': jnp.mean((outputs - targets) ** 2), 'error': jnp.mean(wrong)}


def solution(seed, mask=MASK):
  rng = np.random.default_rng(seed)
  w, b = rng.normal(size=(4, 2)), rng.normal(size=2)
  params = {'w': jnp.asarray(w, jnp.float32), 'b': jnp.asarray(b, jnp.float32)}
  return Solution(params, {'w': jnp.asarray(mask), 'b': None})


def numpy_measure(ends, alpha):
  w, b = (
    sum(
      part * np.float64(end.params[name]) * scale
      for part, end in zip((1 - alpha, alpha), ends, strict=True)
    )
    for name, scale in (('w', MASK), ('b', 1))
  )
  outputs = INPUTS @ w + b
  error = np.mean(outputs.argmax(1) != TARGETS.argmax(1))
  return np.mean((outputs - TARGETS) ** 2), error


def test_the_line_is_that_of_numpy_over_uneven_batches():
  ends = solution(1), solution(2)
  batches = [(INPUTS[:7], TARGETS[:7]), (INPUTS[7:], TARGETS[7:])]
  found = landscape.line(measure, *ends, batches)
  expected = [
    numpy_measure(ends, alpha) for alpha in np.linspace(-0.2, 1.2, 29)
  ]
  loss, error = np.transpose(expected)
  np.testing.assert_allclose(
    found.alphas, np.linspace(-0.2, 1.2, 29), atol=1e-9
  )
  np.testing.assert_allclose(found.values['loss'], loss, rtol=1e-5)
  np.testing.assert_allclose(found.values['error'], error, rtol=1e-5)


def test_a_convex_loss_has_no_barrier():
  found = landscape.line(measure, solution(1), solution(2), [(INPUTS, TARGETS)])
  barrier = landscape.barrier(found.alphas, found.values['loss'])
  assert 0 <= barrier.above_line < 1e-6
  assert barrier.above_ends == 0


def test_a_solution_has_no_barrier_with_itself():
  one = solution(1)
  found = landscape.line(measure, one, one, [(INPUTS, TARGETS)])
  barrier = landscape.barrier(found.alphas, found.values['loss'])
  np.testing.assert_allclose(barrier[:2], 0, atol=1e-6)
  assert barrier.above_mean == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize('left', [-1.0, -0.5])
def test_the_barrier_of_a_quadratic(left):
  """1 - w^2 from `left` to 1 is highest at 0: 1, over the mean of the ends."""

  def hill(params, model_state, batch):
    return {'error': 1 - jnp.mean(params['w'] ** 2) + 0 * jnp.sum(batch)}

  ends = [Solution({'w': jnp.array([w])}) for w in (left, 1.0)]
  alphas = np.linspace(0, 1, 31).tolist()
  found = landscape.line(hill, *ends, [jnp.zeros(4)], alphas=alphas)
  barrier = landscape.barrier(found.alphas, found.values['error'])
  mean = (1 - left**2) / 2
  assert barrier.above_mean == pytest.approx(1 - mean, abs=1e-6)


def test_a_barrier_by_hand():
  alphas = np.array([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0])
  values = np.array([90.0, 1.0, 3.0, 4.5, 5.0, 80.0])
  found = landscape.barrier(alphas, values)
  # Between the ends the highest is 4.5, below the worse of them.
  assert found == landscape.Barrier(1.5, 0.0, at=0.5, rise=-0.5, above_mean=2.0)
  values[2] = 7
  found = landscape.barrier(alphas, values)
  assert found == landscape.Barrier(5.0, 2.0, at=0.25, rise=2.0, above_mean=4.0)
  values[2] = np.nan
  found = landscape.barrier(alphas, values)
  assert np.isnan([found.above_line, found.above_ends, found.rise]).all()
  found = landscape.barrier(alphas[[1, 4]], values[[1, 4]])
  assert found[:3] == (0.0, 0.0, 0.0)
  assert found.above_mean == 2.0
  assert np.isnan(found.rise)


@pytest.mark.parametrize('dtype', [np.float64, np.float32])
def test_ends_that_are_rounded_are_ends(dtype):
  """The paper's grid by `linspace`: 0 is off by 3e-17, in float32 by 1e-8."""
  alphas = np.linspace(-0.2, 1.2, 29).astype(dtype)
  assert 0 not in alphas
  values = 2 + np.round(alphas, 2)
  values[10] = 5.0
  values[[0, 3, -1]] = 9.0  # Outside of the ends.
  found = landscape.barrier(alphas, values)
  np.testing.assert_allclose(found, (2.7, 2.0, 0.3, 2.0, 2.5), atol=1e-6)


class Normed(nn.Module):
  @nn.compact
  def __call__(self, x, train):
    return nn.BatchNorm(use_running_average=not train, momentum=0.0)(x)


def spread(params, model_state, batch):
  variables = {'params': params, **model_state}
  outputs = Normed().apply(variables, batch, train=False)
  return {'spread': jnp.mean(outputs**2)}


def recompute(params, model_state):
  _, state = Normed().apply(
    {'params': params, **model_state},
    INPUTS,
    train=True,
    mutable=['batch_stats'],
  )
  return state


def test_statistics_of_batch_norm_are_interpolated_or_recomputed():
  params = Normed().init(jax.random.key(0), INPUTS, train=False)['params']
  mean = jnp.asarray(INPUTS.mean(0))
  states = [
    {'batch_stats': {'BatchNorm_0': {'mean': mean, 'var': jnp.full(4, v)}}}
    for v in (1.0, 9.0)
  ]
  ends = [Solution(params, model_state=state) for state in states]
  options = {'alphas': (0.0, 0.5, 1.0)}
  found = landscape.line(spread, *ends, [INPUTS], **options)
  centred = np.mean(INPUTS.var(0))
  np.testing.assert_allclose(
    found.values['spread'], centred / np.array([1, 5, 9]), rtol=1e-4
  )
  again = landscape.line(
    spread, *ends, [INPUTS], recompute=recompute, **options
  )
  np.testing.assert_allclose(again.values['spread'], 1, rtol=1e-3)


def test_counts_in_the_model_state_are_those_of_the_start():
  def state_of(params, model_state, batch):
    del params, batch
    return {'steps': model_state['steps'], 'mean': model_state['mean']}

  ends = [
    Solution({'w': jnp.ones(1)}, None, {'steps': jnp.int32(n), 'mean': m})
    for n, m in ((3, jnp.ones(())), (8, 3 * jnp.ones(())))
  ]
  found = landscape.line(state_of, *ends, [None], alphas=[0.5])
  assert found.values == {'steps': [3], 'mean': [2]}


def test_other_masks_are_refused_unless_asked_for():
  other = MASK.copy()
  other[0] = [False, True]
  ends, batches = (solution(1), solution(2, other)), [(INPUTS, TARGETS)]
  with pytest.raises(ValueError, match="differ at 'w', in 2 of 8 entries"):
    landscape.line(measure, *ends, batches)
  with pytest.raises(ValueError, match="differ at 'w'"):
    landscape.line(measure, ends[0], Solution(ends[0].params), batches)
  landscape.line(measure, *ends, batches, alphas=[0.5], same_masks=False)


@pytest.mark.parametrize(
  ('mask', 'message'),
  [
    (np.ones((1, 2), bool), r"mask 'w' has shape \(1, 2\)"),
    (np.ones((4, 2), np.float32), "mask 'w' has dtype float32"),
  ],
)
@pytest.mark.parametrize('same_masks', [True, False])
def test_masks_that_do_not_fit_are_refused(mask, message, same_masks):
  ends = solution(1), solution(2, mask)
  with pytest.raises(ValueError, match=message):
    landscape.line(measure, *ends, [(INPUTS, TARGETS)], same_masks=same_masks)


def test_a_full_mask_is_the_same_as_none():
  full = solution(1, np.ones((4, 2), bool))
  dense = Solution(full.params)
  landscape.line(measure, full, dense, [(INPUTS, TARGETS)], alphas=[0.5])


BATCHES = [(INPUTS, TARGETS)]


@pytest.mark.parametrize(
  ('batches', 'alphas', 'message'),
  [
    ([], (0.0,), 'batches: none'),
    (BATCHES, (), 'alphas are'),
    (BATCHES, (0.0, float('nan')), 'alphas are'),
  ],
)
def test_batches_and_alphas_are_checked(batches, alphas, message):
  with pytest.raises(ValueError, match=message):
    landscape.line(measure, solution(1), solution(2), batches, alphas=alphas)


@pytest.mark.parametrize('one', [(INPUTS, TARGETS), [INPUTS, TARGETS]])
def test_one_batch_in_place_of_several_is_told(one):
  ends = solution(1), solution(2)
  with pytest.raises(ValueError, match=r'batches is one batch.*: \[batch\]'):
    landscape.line(measure, *ends, one)
  with pytest.raises(ValueError, match=r'batches is one batch.*: \[batch\]'):
    landscape.along(measure, lambda _: ends[0][::2], one, alphas=[0.0])


def test_what_a_measure_raises_of_its_own_is_raised_as_it_is():
  def wrong(params, model_state, batch):
    raise KeyError('mine')

  with pytest.raises(KeyError, match='mine'):
    landscape.line(wrong, solution(1), solution(2), BATCHES)


def test_a_measure_is_traced_once_for_all_places():
  traced = []

  def counted(params, model_state, batch):
    traced.append(None)
    return measure(params, model_state, batch)

  landscape.line(counted, solution(1), solution(2), BATCHES)
  assert len(traced) == 1


def test_an_iterator_of_batches_is_refused():
  with pytest.raises(TypeError, match='iterator'):
    landscape.line(measure, solution(1), solution(2), iter(BATCHES))


def test_solutions_of_other_models_are_refused():
  other = Solution({'w': jnp.ones((4, 2)), 'c': jnp.ones(2)})
  with pytest.raises(ValueError, match="solutions differ at 'b'"):
    landscape.line(measure, solution(1), other, BATCHES)


def test_ends_in_two_containers_are_matched_by_path():
  start, end = solution(1), solution(2)
  frozen = end._replace(params=freeze(end.params))
  expected = landscape.line(measure, start, end, BATCHES)
  found = landscape.line(measure, start, frozen, BATCHES)
  jax.tree.map(np.testing.assert_array_equal, found, expected)


@pytest.mark.parametrize(
  ('alphas', 'values', 'message'),
  [
    ([0.0, 0.5], [1.0, 1.0], 'lack 1'),
    ([0.5, 1.0], [1.0, 1.0], 'lack 0'),
    ([1e-4, 1.0], [1.0, 1.0], 'lack 0'),
    ([0.0, 1.0], [1.0], 'shapes'),
  ],
)
def test_a_barrier_needs_both_ends(alphas, values, message):
  with pytest.raises(ValueError, match=message):
    landscape.barrier(np.array(alphas), np.array(values))
