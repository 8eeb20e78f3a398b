"""What the section `data` does to images, from config to finished run."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.config import identity
from jaxsparse.core import prng
from jaxsparse.data import augmentations, resident
from jaxsparse.data.datasets import Split
from jaxsparse.errors import Interrupted
from jaxsparse.runs import compiled, finished, measures
from jaxsparse.runs.build import build
from jaxsparse.runs.compiled import family
from jaxsparse.runs.train import train

SMALL = {'data__crop_padding': 2, 'data__cutout_size': 3}
ALL = {'data__augment': ('crop', 'flip', 'cutout'), **SMALL}


def brighter(images, key):
  """An augmentation of a user's own."""
  return images + jax.random.uniform(key)


def smaller(images, key):
  return images[:, 1:]


def test_nothing_is_done_unless_asked_for(make_config):
  experiment = build(make_config())
  batch = {'image': jnp.ones((2, 8, 8, 1)), 'label': jnp.zeros(2, int)}
  assert experiment.recipe.augment(batch, jax.random.key(0)) is batch
  data, rows = resident.put(experiment.dataset.train), jnp.arange(5)
  seen = compiled.batch_of(experiment.pixels)(data, rows)['image']
  stored = experiment.dataset.train.images[:5]
  np.testing.assert_array_equal(seen, stored * np.float32(1 / 16))


def test_fields_that_do_nothing_leave_a_run_what_it_is(make_config):
  config = build(make_config()).config
  digest, old = identity.digest(config), identity.jsonable(config)
  old['data'] = {k: old['data'][k] for k in ('name', 'dir', 'validation')}
  assert identity.digest(old) == digest
  assert identity.digest(build(make_config(**ALL)).config) != digest


def test_a_batch_is_augmented_by_its_step(make_config):
  experiment = build(make_config(**ALL))
  image = jax.random.normal(jax.random.key(5), (6, 8, 8, 1))
  batch = {'image': image, 'label': jnp.zeros(6, int)}
  key = jax.random.key(7)
  got = experiment.recipe.augment(batch, key)
  image = augmentations.crop(image, prng.stream(key, 'crop'), padding=2)
  image = augmentations.flip(image, prng.stream(key, 'flip'))
  image = augmentations.cutout(image, prng.stream(key, 'cutout'), size=3)
  np.testing.assert_array_equal(got['image'], image)
  assert got['label'] is batch['label']


def test_analyses_see_what_the_model_sees(make_config):
  experiment = build(
    make_config(data__mean=(0.3,), data__std=(0.2,), data__standardize=True)
  )
  images = experiment.dataset.train.images[:6]
  data = resident.put(Split(images, experiment.dataset.train.labels[:6]))
  seen = compiled.batch_of(experiment.pixels)(data, jnp.arange(6))['image']
  wide = images.astype(np.float64) / 16
  spread = wide.std((1, 2, 3), keepdims=True)
  expected = (wide - wide.mean((1, 2, 3), keepdims=True)) / spread
  np.testing.assert_allclose(seen, (expected - 0.3) / 0.2, atol=1e-4)
  found = measures.pixels(images, experiment.pixels)
  np.testing.assert_array_equal(found, seen)
  run = finished.Finished(None, experiment)
  assert measures.loss_and_error(run) is measures.loss_and_error(run)


def test_runs_with_other_augmentations_are_no_family(make_config):
  runs = [
    build(make_config()),
    build(make_config(**ALL)),
    build(make_config(**{**ALL, 'data__cutout_size': 5})),
  ]
  assert len({family(run) for run in runs}) == 3
  assert len({run.recipe for run in runs}) == 3
  # What nobody draws on compiles nothing anew.
  assert build(make_config(**SMALL)).recipe == runs[0].recipe


def test_an_augmentation_of_the_users_own(make_config):
  run = build(make_config(data__augment=('flip', brighter)))
  batch = {'image': jnp.zeros((2, 8, 8, 1))}
  key = jax.random.key(1)
  got = run.recipe.augment(batch, key)['image']
  added = jax.random.uniform(prng.stream(key, 'brighter'))
  np.testing.assert_array_equal(got, jnp.full_like(got, added))


@pytest.mark.parametrize(
  ('fields', 'expected'),
  [
    ({'augment': ('corp',)}, r"config\.data\.augment: 'corp'.*mean 'crop'"),
    ({'augment': ('crop', 'crop')}, 'accepted is each once'),
    ({'augment': (3,)}, r'config\.data\.augment: '),
    ({'augment': (smaller,)}, 'keeps shape and dtype; smaller does not'),
    ({'augment': ('crop',), 'crop_padding': 8}, r'augment \(crop\).*8x8'),
    ({'augment': ('crop',), 'crop_fill': 'x'}, 'accepted are reflect, zeros'),
    ({'augment': ('cutout',), 'cutout_size': 0}, 'accepted is >= 1'),
    ({'mean': (0.1, 0.2)}, r'config\.data: mean has 2 numbers'),
    ({'mean': ('x',)}, r'config\.data\.mean: .* finite numbers'),
    ({'std': (0.0,)}, r'config\.data\.std: .* numbers > 0'),
    ({'std': (float('inf'),)}, r'config\.data\.std: '),
    ({'crop_size': 3}, r'config\.data\.crop_size: no such field'),
  ],
)
def test_refusals(make_config, fields, expected):
  given = {f'data__{name}': value for name, value in fields.items()}
  with pytest.raises(ValueError, match=expected):
    build(make_config(**given))


def weights(workdir):
  """Those at the end of a finished run, as bytes."""
  state = finished.state(finished.load(workdir))
  return [np.asarray(x).tobytes() for x in jax.tree.leaves(state.params)]


@pytest.mark.slow
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, make_config):
  config = make_config(**ALL, seed=3)
  whole = train(config, tmp_path / 'whole', plots=False)
  seen = []

  def stop():
    seen.append(len(seen))
    return len(seen) == 4

  with pytest.raises(Interrupted):
    train(config, tmp_path / 'cut', plots=False, interrupted=stop)
  cut = train(config, tmp_path / 'cut', plots=False)
  assert cut['test_accuracy'] == whole['test_accuracy']
  assert weights(tmp_path / 'cut') == weights(tmp_path / 'whole')
