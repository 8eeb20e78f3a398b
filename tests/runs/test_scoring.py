"""The examples and the weights that runs score, and signs of another net."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import controls, gradients, paths, prng
from jaxsparse.core.types import Probe
from jaxsparse.data import resident
from jaxsparse.runs import scoring, sources
from jaxsparse.runs.build import build
from jaxsparse.runs.group import start
from jaxsparse.runs.train import train
from jaxsparse.updaters.grasp import grasp

TOTAL = 233  # A fifth of the weights.


def configured(make_config, method='grasp', seed=0, **fields):
  return build(
    make_config(
      method, seed=seed, **{f'scoring__{k}': v for k, v in fields.items()}
    )
  )


def state_of(experiment, initial=sources.ITS_OWN):
  return start(experiment, resident.put(experiment.dataset.train), initial)


def masks_of(experiment):
  masks = paths.flatten(state_of(experiment).mask_state.masks)
  return {path: np.asarray(mask) for path, mask in masks.items()}


def differ(one, other):
  return any((one[path] != other[path]).any() for path in one)


def labels(experiment, rows):
  return np.asarray(experiment.dataset.train.labels)[rows]


def test_by_default_they_are_those_of_the_first_train_step(make_config):
  experiment = configured(make_config)
  np.testing.assert_array_equal(
    scoring.rows(experiment), experiment.batches(0, 1)
  )


def test_a_batch_has_as_many_of_each_class_and_none_comes_twice(make_config):
  experiment = configured(make_config, per_class=3, batches=4)
  rows = scoring.rows(experiment)
  assert rows.shape == scoring.shape(experiment) == (4, 30)
  assert len(set(rows.ravel())) == 120
  for row in rows:
    assert np.bincount(labels(experiment, row)).tolist() == [3] * 10
  assert (np.diff(labels(experiment, rows[0])) < 0).any()
  again = configured(make_config, per_class=3, batches=4)
  np.testing.assert_array_equal(scoring.rows(again), rows)
  other = configured(make_config, seed=1, per_class=3, batches=4)
  assert (scoring.rows(other) != rows).any()


def test_sorted_by_class_parts_have_some_of_the_classes_each(make_config):
  experiment = configured(make_config, per_class=3, by_class=True, parts=2)
  rows = scoring.rows(experiment)
  assert rows.shape == (2, 15)
  assert labels(experiment, rows[0]).tolist() == sorted([*range(5)] * 3)
  assert labels(experiment, rows[1]).tolist() == sorted([*range(5, 10)] * 3)


def test_batches_of_another_size(make_config):
  rows = scoring.rows(configured(make_config, batch_size=20, batches=3))
  assert rows.shape == (3, 20)
  assert len(set(rows.ravel())) == 60


def test_what_cannot_be_drawn_is_refused(make_config):
  with pytest.raises(ValueError, match=r'scoring.parts: got 7.*divisor of 30'):
    configured(make_config, per_class=3, parts=7)
  with pytest.raises(ValueError, match='per_class: got 100 .*class 0 has'):
    scoring.rows(configured(make_config, per_class=100, batches=2))
  with pytest.raises(
    ValueError, match='scoring.corrupt: got .*accepted is lab'
  ):
    configured(make_config, corrupt=('label',))


def test_layers_that_are_in_no_ranking_are_named(make_config, caplog):
  fields = {'updater__sparsity': 0.3, 'seed': 77}
  build(make_config('random', updater__distribution='uniform', **fields))
  build(make_config('random', updater__dense_first=True, **fields))
  build(make_config('static', **fields))
  assert not caplog.records
  build(make_config('random', **fields))
  (record,) = caplog.records
  assert 'erk leaves dense: Dense_1/kernel; with uniform' in record.getMessage()


def by_hand(experiment, corrupt=()):
  """The masks of GraSP by the library, on the run's weights and examples."""
  root = experiment.member.key
  task, split = experiment.task, resident.put(experiment.dataset.train)
  params, model_state = task.init(
    prng.stream(root, 'init'), jnp.zeros(experiment.example[0].shape)
  )
  key = prng.stream(root, 'scoring')

  def loss(params, row):
    batch = {
      'image': experiment.dataset.scale * split.images[row].astype(np.float32),
      'label': split.labels[row].astype(np.int32),
    }
    if 'labels' in corrupt:
      batch['label'] = controls.random_labels(
        row, 10, key=prng.stream(key, 'labels')
      )
    if 'pixels' in corrupt:
      batch['image'] = controls.permuted_pixels(
        batch['image'], row, key=prng.stream(key, 'pixels')
      )
    return task.loss(params, model_state, batch, key=root, train=True)[0]

  probe = Probe(loss, list(scoring.rows(experiment)))
  masks = grasp(experiment.counts).init(params, key=root, probe=probe).masks
  return {path: np.asarray(mask) for path, mask in paths.flatten(masks).items()}


@pytest.mark.parametrize(
  'corrupt',
  [
    (),
    pytest.param(('labels',), marks=pytest.mark.slow),
    ('labels', 'pixels'),
  ],
)
def test_a_run_has_the_masks_of_the_library(make_config, corrupt):
  experiment = configured(make_config, per_class=2, batches=2, corrupt=corrupt)
  masks, expected = masks_of(experiment), by_hand(experiment, corrupt)
  assert sum(int(m.sum()) for m in masks.values()) == sum(
    experiment.target_counts.values()
  )
  # Rounding may exchange two weights at the threshold.
  moved = sum(int((masks[p] != expected[p]).sum()) for p in masks)
  assert moved <= 2
  if corrupt:
    assert differ(masks, by_hand(experiment))


def test_weights_that_are_scored_need_not_be_those_that_are_trained(
  make_config,
):
  same, fresh, head = (
    state_of(configured(make_config, per_class=2, init=init))
    for init in ('same', 'fresh', 'glorot_dense')
  )
  masks = [
    {p: np.asarray(m) for p, m in paths.flatten(s.mask_state.masks).items()}
    for s in (same, fresh, head)
  ]
  assert differ(masks[0], masks[1])
  assert differ(masks[0], masks[2])
  # Where both are active the trained weights are the same.
  for one, other in ((same, fresh), (same, head)):
    for a, b, m, n in zip(
      *map(jax.tree.leaves, (one.params, other.params)),
      *(
        [mask.get(path, True) for path in paths.flatten(one.params)]
        for mask in (
          paths.flatten(one.mask_state.masks),
          paths.flatten(other.mask_state.masks),
        )
      ),
      strict=True,
    ):
      both = np.asarray(m) & np.asarray(n)
      np.testing.assert_array_equal(np.where(both, a, 0), np.where(both, b, 0))


def test_glorot_weights_are_drawn_for_matrices_alone(key):
  params = {
    'conv': {'kernel': jnp.ones((3, 3, 4, 8))},
    'head': {'kernel': jnp.ones((300, 100)), 'bias': jnp.ones(100)},
  }
  drawn = scoring.with_glorot_dense(params, key=key)
  assert (drawn['conv']['kernel'] == 1).all()
  assert (drawn['head']['bias'] == 1).all()
  spread = float(jnp.std(drawn['head']['kernel'])) / (2 / 400) ** 0.5
  assert 0.98 < spread < 1.02


def test_a_run_gets_the_signs_of_another(make_config, tmp_path):
  train(make_config('static', seed=5), tmp_path / 'source', plots=False)
  config = make_config('static', seed=9)
  config.init.update(
    signs=str(tmp_path / 'source'), masks=str(tmp_path / 'source')
  )
  experiment = build(config)
  initial = sources.load(experiment)
  state = state_of(experiment, initial)
  assert (
    float(controls.sign_agreement(state.params, initial.signs, initial.masks))
    == 1
  )
  plain = state_of(experiment, sources.Initial(masks=initial.masks))
  jax.tree.map(
    lambda a, b: np.testing.assert_array_equal(abs(a), abs(b)),
    state.params,
    plain.params,
  )
  agreement = float(
    controls.sign_agreement(plain.params, initial.signs, initial.masks)
  )
  assert 0.4 < agreement < 0.6


def test_trained_weights_are_pruned_by_their_scores(make_config, tmp_path):
  """From a run that is sparse already, whose masks are not taken."""
  source = tmp_path / 'source'
  train(make_config('static', updater__sparsity=0.5), source, plots=False)
  config = make_config('obd', updater__by_layer=True)
  config.init.checkpoint = str(source)
  experiment = build(config)
  initial = sources.load(experiment)
  assert initial.masks is None
  state = state_of(experiment, initial)
  masks = paths.flatten(state.mask_state.masks)
  for path, weights in paths.flatten(initial.params).items():
    if path in masks:
      assert (np.asarray(weights)[np.asarray(masks[path])] != 0).all()
  config.init.update(checkpoint='', masks=str(source))
  with pytest.raises(ValueError, match='init.masks: obd makes masks by scores'):
    build(config)


def test_a_step_of_signs_needs_a_source_of_signs(make_config):
  config = make_config('static')
  config.init.signs_step = 0
  with pytest.raises(ValueError, match='init.signs_step: got 0'):
    build(config)


def test_an_objective_of_a_task_without_temperature_says_so(make_config):
  def loss(params, model_state, batch, *, key, train):
    raise NotImplementedError

  task = build(make_config('static')).task._replace(loss=loss)
  value = scoring.loss(task, {}, lambda data, rows: rows, None, None)
  with pytest.raises(ValueError, match='the loss of the probe takes none'):
    gradients.objective(
      Probe(value, [jnp.ones(1)]), {'w': jnp.ones(2)}, {'w': 1}, temperature=2.0
    )
