import zlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxsparse.training.checkpoints import fingerprints
from jaxsparse.training.checkpoints.fingerprints import Fingerprint

DTYPES = (np.float32, jnp.bfloat16, np.bool_, np.int32, np.uint8, np.float16)


def test_a_fingerprint_by_hand():
  array = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
  crc32 = zlib.crc32(
    bytes([n * (i == 0) for n in range(1, 7) for i in range(4)])
  )
  wanted = {'a/0': Fingerprint((2, 3), 'int32', crc32)}
  assert fingerprints.take({'a': [array], 'n': None}) == wanted
  assert fingerprints.take({'a': [jnp.asarray(array)]}) == wanted
  assert fingerprints.take({'a': [np.asfortranarray(array)]}) == wanted


@settings(max_examples=50)
@given(
  dtype=st.sampled_from(DTYPES),
  shape=st.lists(st.integers(1, 4), max_size=3),
  data=st.data(),
)
def test_every_flipped_bit_shows(dtype, shape, data):
  size = int(np.prod(shape, dtype=int)) * np.dtype(dtype).itemsize
  content = bytearray(data.draw(st.binary(min_size=size, max_size=size)))
  if dtype == np.bool_:
    content = bytearray(byte & 1 for byte in content)
  before = np.frombuffer(bytes(content), dtype).reshape(shape)
  bit = 0 if dtype == np.bool_ else data.draw(st.integers(0, 7))
  content[data.draw(st.integers(0, size - 1))] ^= 1 << bit
  after = np.frombuffer(bytes(content), dtype).reshape(shape)
  recorded = fingerprints.take({'w': before})
  assert fingerprints.damage(recorded, recorded) is None
  clause = fingerprints.damage(fingerprints.take({'w': after}), recorded)
  assert clause == "leaf 'w' fails its checksum"


def test_keys_are_told_apart():
  one = fingerprints.take({'key': jax.random.key(1)})
  assert one == fingerprints.take({'key': jax.random.key(1)})
  assert one != fingerprints.take({'key': jax.random.key(2)})
  assert one['key'][:2] == ((), 'key<fry>')
  # The same bits, but no key.
  assert one != fingerprints.take(
    {'key': jax.random.key_data(jax.random.key(1))}
  )


@pytest.mark.parametrize(
  ('found', 'clause'),
  [
    ({'a': (2, 3), 'b': (4,)}, None),
    ({'a': (3, 2), 'b': (5,)}, "leaf 'a' has shape (3, 2); wanted is (2, 3)"),
    ({'a': (2, 3)}, "leaf 'b' is missing."),
    ({'a': (2, 3), 'b': (4,), 'c': ()}, "leaf 'c' is not wanted"),
    (
      {'aa': (2, 3), 'b': (4,)},
      "leaf 'a' is missing. Did you mean 'aa'?",
    ),
  ],
)
def test_the_first_difference(found, clause):
  def of(shapes):
    return fingerprints.expected({k: jnp.zeros(v) for k, v in shapes.items()})

  wanted = of({'a': (2, 3), 'b': (4,)})
  assert fingerprints.difference(of(found), wanted) == clause


def test_dtypes_count_if_asked():
  found = fingerprints.expected({'a': jnp.zeros(2, jnp.float32)})
  wanted = fingerprints.expected({'a': jnp.zeros(2, jnp.bfloat16)})
  assert fingerprints.difference(found, wanted, dtypes=False) is None
  assert fingerprints.difference(found, wanted) == (
    "leaf 'a' has dtype float32; wanted is bfloat16"
  )


def test_what_no_checkpoint_can_keep_is_refused():
  with pytest.raises(TypeError, match="'a' is of type str"):
    fingerprints.take({'a': 'text'})
  refused = pytest.raises(TypeError, match="'a' has dtype int64, .* as int32")
  with jax.enable_x64(False), refused:
    fingerprints.take({'a': np.arange(3)})
  with pytest.raises(TypeError, match="'a' has dtype object"):
    fingerprints.take({'a': np.array([None])})
