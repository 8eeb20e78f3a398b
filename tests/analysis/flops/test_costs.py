"""Costs under masks, conventions, bytes and training formulas, by hand."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from jaxsparse.analysis import flops
from jaxsparse.analysis.flops import training


def abstract(*shape, dtype=jnp.float32):
  return jax.ShapeDtypeStruct(shape, dtype)


PARAMS = {
  'conv': {'kernel': abstract(2, 2, 3, 4), 'bias': abstract(4)},
  'logits': {'kernel': abstract(4, 5)},
}


@pytest.fixture(scope='module')
def found():
  """Four positions of a convolution, 48 weights; then 20 weights once."""

  def apply(params, x):
    x = jax.lax.conv_general_dilated(
      x,
      params['conv']['kernel'],
      (1, 1),
      'VALID',
      dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
    )
    x = jax.nn.relu(x + params['conv']['bias'][None, None, None])
    x = x.sum((1, 2))
    return (x @ params['logits']['kernel']) @ jnp.ones((5, 7))

  return flops.macs(apply, PARAMS, abstract(1, 3, 3, 3))


def counts(conv, logits):
  return {'conv': {'kernel': conv, 'bias': None}, 'logits': {'kernel': logits}}


class TestInference:
  def test_each_weight_costs_its_part(self, found):
    assert found.leaves['conv'] == {'kernel': 4 * 48, 'bias': 0}
    assert found.total == 4 * 48 + 20 + 35
    by_leaf = flops.by_leaf(found, PARAMS, counts(7, 11))
    assert by_leaf == {
      'conv': {'kernel': 4 * 7, 'bias': 0},
      'logits': {'kernel': 11},
    }
    assert flops.inference(found, PARAMS, counts(7, 11)) == 28 + 11 + 35
    assert flops.inference(found, PARAMS, counts(7, None)) == 28 + 20 + 35
    assert flops.inference(found, PARAMS) == found.total

  @given(st.integers(0, 48), st.integers(0, 20), st.randoms())
  def test_masks_and_their_counts_cost_the_same(self, found, conv, logits, rng):
    flat = [i < conv for i in range(48)], [i < logits for i in range(20)]
    for mask in flat:
      rng.shuffle(mask)
    masks = counts(
      np.reshape(flat[0], (2, 2, 3, 4)), np.reshape(flat[1], (4, 5))
    )
    ours = flops.inference(found, PARAMS, counts(conv, logits))
    assert (
      flops.inference(found, PARAMS, masks) == ours == 4 * conv + logits + 35
    )
    at = flops.bitmask_bytes(PARAMS, masks)
    assert at == flops.bitmask_bytes(PARAMS, counts(conv, logits))

  def test_parts_of_weights_are_exact(self, found):
    third = counts(Fraction(1, 3), Fraction(2, 7))
    cost = flops.inference(found, PARAMS, third)
    assert cost == Fraction(4, 3) + Fraction(2, 7) + 35

  def test_the_papers_count_multiplications_and_additions(self, found):
    # A filter of 12 weights, 7 / 4 of them active on average, at 4 positions:
    # as many multiplications, an addition less, one for the bias, one ReLU.
    v, e = Fraction(7, 4), 16
    conv = v * e + (v - 1) * e + e + e
    v, e = Fraction(11, 5), 5
    logits = v * e + (v - 1) * e + e + e
    assert flops.inference(
      found, PARAMS, counts(7, 11), convention=flops.micronet
    ) == (conv + logits + 2 * 35)

  def test_a_convention_of_one_s_own(self, found):
    def bare(macs, outputs):
      return flops.micronet(macs, outputs, bias=False, relu=False)

    assert flops.inference(found, PARAMS, convention=bare) == (
      2 * found.total - 16 - 5
    )

  @pytest.mark.parametrize(
    ('given', 'said'),
    [
      (counts(49, 3), "'conv/kernel': got 49 active weights; accepted are 0"),
      (counts(-1, 3), "'conv/kernel': got -1"),
      (counts(7, np.ones((5, 4), bool)), r"mask 'logits/kernel' has shape"),
    ],
  )
  def test_counts_that_do_not_fit_are_refused(self, found, given, said):
    for fn in (
      lambda: flops.inference(found, PARAMS, given),
      lambda: flops.bitmask_bytes(PARAMS, given),
      lambda: flops.csr_bytes(PARAMS, given),
    ):
      with pytest.raises(ValueError, match=said):
        fn()


class TestBytes:
  def test_a_bit_a_position(self):
    # 48 and 20 bits take 6 and 3 bytes; a leaf without zeros takes none.
    assert flops.bitmask_bytes(PARAMS, counts(7, 11)) == 4 * (7 + 4 + 11) + 9
    assert flops.bitmask_bytes(PARAMS, counts(7, 20)) == 4 * (7 + 4 + 20) + 6
    assert flops.bitmask_bytes(PARAMS, counts(7, None)) == 4 * (7 + 4 + 20) + 6

  def test_compressed_rows(self):
    # scipy's own arrays, rows being the outputs.
    rng = np.random.default_rng(0)
    masks = [rng.random(s) < 0.3 for s in ((2, 2, 3, 4), (4, 5))]
    expected = 4 * 4
    for mask in masks:
      rows = np.moveaxis(mask, -1, 0).reshape(mask.shape[-1], -1)
      csr = sparse.csr_matrix(rows.astype(np.float32))
      expected += csr.data.nbytes + csr.indices.nbytes + csr.indptr.nbytes
    assert flops.csr_bytes(PARAMS, counts(*masks)) == expected

  def test_layers_alone_have_a_bias_for_each_output_and_no_norms(self):
    norm = {'scale': abstract(4), 'bias': abstract(4)}
    params = PARAMS | {'norm': norm, 'positions': abstract(6, 2)}
    given = counts(7, 11) | {
      'norm': {'scale': None, 'bias': None},
      'positions': None,
    }
    # 4 and 5 outputs, 12 positions, of which no kernel makes anything.
    bitmask = 4 * (7 + 4 + 11 + 5 + 12) + 9
    assert flops.bitmask_bytes(params, given, layers_alone=True) == bitmask
    csr = bitmask - 9 + 4 * (7 + 4 + 1 + 11 + 5 + 1)
    assert flops.csr_bytes(params, given, layers_alone=True) == csr
    for size in (flops.bitmask_bytes, flops.csr_bytes):
      own = size(PARAMS, counts(7, 11))
      assert size(params, given) == own + 4 * (8 + 12)
      assert size(params, given, layers_alone=True) == own + 4 * (5 + 12)

  def test_indices_rows_and_weights_of_other_kinds(self):
    kernel = abstract(3, 50, dtype=jnp.bfloat16)
    found = flops.csr_bytes({'weight': kernel}, {'weight': 10}, index_bytes=2)
    assert found == 10 * (2 + 2) + 2 * (3 + 1)
    assert flops.csr_bytes({'w': kernel}, {'w': 150}) == 300


class TestTraining:
  def test_steps(self):
    assert training.dense(10) == 30
    assert training.static(Fraction(5, 2)) == Fraction(15, 2)
    assert training.snfs(2, 10) == 14
    assert training.topkast(2, 5) == 9
    assert training.gmp([10, 6, 2, 2]) == 15

  @given(st.integers(1, 1000), st.fractions(0, 1))
  def test_rigl_is_a_dense_gradient_in_so_many_steps(self, interval, share):
    steps = [2 * share + 1] + [3 * share] * interval
    found = training.rigl(share, 1, update_interval=interval)
    assert found == sum(steps) / len(steps)

  def test_rigl_at_no_sparsity_is_dense(self):
    assert training.rigl(7, 7, update_interval=100) == training.dense(7)

  def test_floats_give_floats(self):
    found = training.rigl(0.4153, 1.0, update_interval=100)
    assert isinstance(found, float)
    assert found / 3 == pytest.approx(0.4172, abs=5e-5)

  @pytest.mark.parametrize(
    ('wrong', 'said'),
    [
      (lambda: training.rigl(1, 2, update_interval=0), 'update_interval is 0'),
      (lambda: training.gmp([]), 'got no step'),
    ],
  )
  def test_what_makes_no_sense_is_refused(self, wrong, said):
    with pytest.raises(ValueError, match=said):
      wrong()
