import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.data import Split, resident


@pytest.fixture
def split():
  rng = np.random.default_rng(0)
  return Split(
    rng.integers(0, 256, (20, 5, 4, 3), np.uint8),
    rng.integers(0, 10, 20).astype(np.int32),
  )


def test_put_keeps_the_bytes(split):
  on_device = resident.put(split, jax.devices()[1])
  assert on_device.images.dtype == jnp.uint8
  assert on_device.labels.dtype == jnp.int32
  assert on_device.images.devices() == {jax.devices()[1]}
  np.testing.assert_array_equal(on_device.images, split.images)
  np.testing.assert_array_equal(on_device.labels, split.labels)


def test_gather_under_jit(split):
  indices = np.asarray([3, 0, 19, 3], np.int32)
  on_device = resident.put(split)
  with jax.numpy_dtype_promotion('strict'):
    batch = jax.jit(resident.gather)(*on_device, indices, 1 / 255)
  assert set(batch) == {'image', 'label'}
  assert batch['image'].dtype == jnp.float32
  expected = split.images[indices].astype(np.float32) / 255
  np.testing.assert_allclose(batch['image'], expected, rtol=1e-6)
  np.testing.assert_array_equal(batch['label'], split.labels[indices])


def test_gather_holds_no_data_of_its_own(split):
  gather = jax.jit(lambda *args: resident.gather(*args))
  first = gather(*split, np.arange(4, dtype=np.int32), 1.0)
  other = Split(255 - split.images, split.labels)
  second = gather(*other, np.arange(4, dtype=np.int32), 1.0)
  np.testing.assert_array_equal(first['image'] + second['image'], 255.0)
  assert gather._cache_size() == 1


@given(st.integers(1, 50), st.integers(1, 60))
def test_evaluation_is_exact(size, batch_size):
  values = np.random.default_rng(size).integers(0, 100, size)
  indices, weights = resident.eval_batches(size, batch_size)
  assert indices.shape == weights.shape
  assert indices.shape == (-(-size // batch_size), batch_size)
  assert indices.dtype == np.int32
  assert weights.dtype == np.float32
  assert (values[indices] * weights).sum() == values.sum()
  assert sorted(indices[weights == 1]) == list(range(size))


@pytest.mark.parametrize(('size', 'batch_size'), [(0, 4), (4, 0), (4, -1)])
def test_eval_batches_out_of_range(size, batch_size):
  with pytest.raises(ValueError, match='both must be at least 1'):
    resident.eval_batches(size, batch_size)
