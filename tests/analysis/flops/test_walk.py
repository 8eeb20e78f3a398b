"""Whose multiply-adds they are: weights on their way into products."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.experimental import sparse

from jaxsparse.analysis import flops


def abstract(*shape, dtype=jnp.float32):
  return jax.ShapeDtypeStruct(shape, dtype)


X = abstract(2, 6)
TO_W = ({'v': 0, 'w': 60}, {})


def of(fn, *inputs, **leaves):
  """Multiply-adds by leaf, and the rest, of `fn(params, *inputs)`."""
  counted = flops.macs(fn, leaves, *inputs)
  return counted.leaves, counted.rest


def of_product(make, *inputs, other=(6, 5)):
  """Those of `x @ make(params, *inputs)` with leaves w [6, 5] and v."""
  return of(
    lambda p, x, *more: x @ make(p, *more),
    X,
    *inputs,
    w=abstract(6, 5),
    v=abstract(*other),
  )


class TestWeightsOnTheirWay:
  @pytest.mark.parametrize(
    'make',
    [
      lambda w: w,
      lambda w: w.astype(jnp.bfloat16).astype(jnp.float32),
      lambda w: w.T.reshape(5, 6).T,
      lambda w: jnp.broadcast_to(w[None], (3, 6, 5))[1],
      lambda w: (w - w.mean(0)[None]) / w.std(0)[None],
      lambda w: jnp.where(jnp.zeros((6, 5), bool), w, 0),
      lambda w: lax.stop_gradient(jnp.exp(w)),
      lambda w: jnp.concatenate(jnp.split(w, 2)),
      lambda w: jnp.concatenate([w[:2], w[2:]]),
      lambda w: w * jnp.linspace(0.0, 1.0, 5)[None],
      lambda w: w[::-1][jnp.array([0, 2, 4, 1, 3, 5])],
      lambda w: lax.cond(w.sum() > 0, jnp.sin, jnp.cos, w),
      lambda w: jax.jit(jax.checkpoint(jax.nn.relu))(w),
      lambda w: jnp.stack([w, -w])[jnp.int32(1)],
      lambda w: lax.scan(lambda c, r: (c, r), w, w)[1],
      lambda w: lax.fori_loop(0, 3, lambda i, c: c * w[i, 0], w),
      lambda w: lax.while_loop(lambda c: c[0, 0] < 1, jnp.exp, w),
    ],
  )
  def test_a_leaf_is_charged_whatever_becomes_of_it_first(self, make):
    assert of_product(lambda p: make(p['w'])) == TO_W

  def test_parts_cost_what_is_used_of_them(self):
    assert of_product(lambda p: p['w'][:, 1:3]) == ({'v': 0, 'w': 24}, {})

  def test_weights_that_are_used_twice_are_charged_twice(self):
    def apply(p, x):
      return x @ p['w'] @ p['w'].T

    assert of(apply, X, w=abstract(6, 5)) == ({'w': 120}, {})

  def test_a_tied_embedding_costs_where_it_is_multiplied(self):
    def apply(p, tokens):
      return jnp.tanh(p['table'][tokens]) @ p['table'].T

    tokens = abstract(3, dtype=jnp.int32)
    counted = flops.macs(apply, {'table': abstract(11, 7)}, tokens)
    assert counted.leaves == {'table': 3 * 7 * 11}
    assert counted.outputs == {'table': 3 * 11}

  def test_what_no_output_needs_is_not_counted(self):
    @jax.jit
    def both(p, x):
      h = jax.nn.relu(x @ p['w'])
      return h @ p['logits'], h @ p['auxiliary']

    leaves = {'auxiliary': abstract(5, 3), 'logits': abstract(5, 4)}
    charged, _ = of(lambda p, x: both(p, x)[0], X, w=abstract(6, 5), **leaves)
    assert charged == {'auxiliary': 0, 'logits': 40, 'w': 60}

  def test_integers_are_weights_too_and_their_scales_are_not(self):
    def apply(p, x):
      return x @ (p['w'].astype(jnp.float32) * p['scale'][None])

    leaves = {'w': abstract(6, 5, dtype=jnp.int8), 'scale': abstract(5)}
    assert of(apply, X, **leaves) == ({'scale': 0, 'w': 60}, {})

  def test_masks_and_keys_among_the_params_are_constants(self):
    def apply(p, x):
      kept = jax.random.bernoulli(p['key'], 0.5, (6, 5)) & p['mask']
      return x @ (p['w'] * kept) + x @ jnp.where(p['mask'], p['w'], 0)

    key = jax.eval_shape(jax.random.key, 0)
    leaves = {'w': abstract(6, 5), 'mask': abstract(6, 5, dtype=bool)}
    charged, rest = of(apply, X, key=key, **leaves)
    assert (charged, rest) == ({'key': 0, 'mask': 0, 'w': 120}, {})


class TestSeveralLeaves:
  def test_leaves_side_by_side_share_by_their_entries(self):
    found = of_product(
      lambda p: jnp.concatenate([p['v'], p['w'], jnp.ones((6, 2))], 1),
      other=(6, 3),
    )
    rest = {'activation x constant': 2 * 6 * 2}
    assert found == ({'v': 2 * 6 * 3, 'w': 2 * 6 * 5}, rest)

  @pytest.mark.parametrize(
    'place',
    [
      lambda w: jnp.pad(w, ((0, 0), (3, 0))),
      lambda w: jnp.zeros((6, 8)).at[:, 3:].set(w),
      lambda w: lax.dynamic_update_slice(jnp.zeros((6, 8)), w, (0, 3)),
    ],
  )
  def test_what_is_put_round_a_leaf_is_not_its(self, place):
    found = of_product(lambda p: place(p['w']))
    assert found == ({'v': 0, 'w': 60}, {'activation x constant': 36})

  def test_a_gain_is_the_kernel_s(self):
    # Weight normalisation.
    def normal(p):
      return p['v'][None] * p['w'] / jnp.linalg.norm(p['w'], axis=0)[None]

    assert of_product(normal, other=(5,)) == TO_W
    # Another leaf may have a say, as long as it is in few numbers.
    assert of_product(lambda p: p['w'] / jnp.abs(p['v']).max()) == TO_W

  def test_what_is_added_to_a_kernel_at_low_rank_is_not_the_kernel(self):
    def apply(p, x):
      return x @ (p['w'] + p['down'] @ p['up'])

    leaves, rest = of(
      apply, X, w=abstract(6, 6), down=abstract(6, 2), up=abstract(2, 6)
    )
    assert leaves == {'down': 0, 'up': 0, 'w': 72}
    assert rest == {'weight x weight': 72}

  @pytest.mark.parametrize(
    'make',
    [
      lambda p: p['w'] + p['v'],
      lambda p: lax.cond(p['w'].sum() > 0, lambda: p['w'], lambda: p['v']),
      lambda p: lax.fori_loop(
        0, 2, lambda _, c: (c[1], c[0]), (p['w'], p['v'])
      )[0],
      lambda p: jnp.concatenate([p['w'], p['v']], 1)[:, 3:8],
    ],
  )
  def test_what_is_of_two_alike_is_charged_to_none(self, make):
    assert of_product(make) == ({'v': 0, 'w': 0}, {'several weights': 60})

  def test_a_product_of_weights_is_no_leaf_s(self):
    def apply(p, x):
      return x @ (p['v'] @ p['w'])

    leaves, rest = of(apply, X, v=abstract(6, 4), w=abstract(4, 5))
    assert leaves == {'v': 0, 'w': 0}
    assert rest == {'weight x weight': 6 * 4 * 5, 'several weights': 60}


class TestActivations:
  def test_attention_scores_are_the_rest(self):
    def apply(p, x):
      q, k, v = (x @ p[name] for name in 'qkv')
      return jax.nn.dot_product_attention(*(y[:, :, None] for y in (q, k, v)))

    kernels = dict.fromkeys('qkv', abstract(6, 4))
    leaves, rest = of(apply, abstract(2, 7, 6), **kernels)
    assert leaves == dict.fromkeys('qkv', 2 * 7 * 6 * 4)
    assert rest == {'activation x activation': 2 * (2 * 7 * 7 * 4)}

  def test_products_with_constants_are_the_rest(self):
    def apply(p, x):
      del p
      smooth = jnp.ones((6, 6)) @ jnp.ones((6, 6))
      return x @ smooth

    rest = {'activation x constant': 72, 'constant x constant': 216}
    assert of(apply, X, w=abstract(3)) == ({'w': 0}, rest)

  def test_a_leaf_that_meets_constants_is_charged(self):
    leaves, rest = of(
      lambda p, x: x + (jnp.ones((2, 6)) @ p['w']).sum(), X, w=abstract(6, 5)
    )
    assert (leaves, rest) == ({'w': 60}, {})

  def test_a_matrix_that_data_pick_is_a_weight_and_a_row_is_not(self):
    index = abstract(dtype=jnp.int32)
    leaves, rest = of(
      lambda p, x, i: x @ p['experts'][i], X, index, experts=abstract(4, 6, 5)
    )
    assert (leaves, rest) == ({'experts': 60}, {})
    leaves, rest = of(
      lambda p, x, i: x @ p['table'][i], X, index, table=abstract(4, 6)
    )
    assert (leaves, rest) == ({'table': 0}, {'activation x activation': 12})

  def test_a_choice_by_data_among_weights_is_of_weights(self):
    # A mask may come with the inputs, as that of DropConnect does.
    mask = abstract(6, 5, dtype=bool)
    assert of_product(lambda p, m: jnp.where(m, p['w'], 0), mask) == TO_W
    leaves, rest = of_product(lambda p, m: jnp.where(m, 1.0, 0.0), mask)
    assert rest == {'activation x activation': 60}
    assert not any(leaves.values())


class TestControlFlow:
  def test_a_scan_over_stacked_layers(self):
    def apply(p, x):
      @jax.checkpoint
      def block(h, layer):
        h = jax.nn.gelu(h @ layer['in']) @ layer['out']
        return h @ p['shared'], h @ h.T

      h, scores = lax.scan(block, x, p['layers'])
      return h, scores @ h

    found = flops.macs(
      apply,
      {
        'layers': {'in': abstract(4, 6, 9), 'out': abstract(4, 9, 6)},
        'shared': abstract(6, 6),
      },
      X,
    )
    each = 4 * 2 * 6 * 9
    assert found.leaves == {
      'layers': {'in': each, 'out': each},
      'shared': 4 * 2 * 6 * 6,
    }
    # h h' in each of 4 rounds, then the stack of them with h.
    assert found.rest == {'activation x activation': 4 * 24 + 4 * 24}
    assert found.outputs['layers'] == {'in': 4 * 2 * 9, 'out': 4 * 2 * 6}

  def test_loops_in_loops_multiply(self):
    def apply(p, x):
      def inner(h, _):
        return h @ p['w'], None

      return lax.fori_loop(
        0, 3, lambda _, h: lax.scan(inner, h, length=5)[0], x
      )

    assert of(apply, X, w=abstract(6, 6)) == ({'w': 3 * 5 * 72}, {})

  def test_a_carry_that_meets_data_in_a_late_round_is_data(self):
    # b is constant in the first round, c in the first two.
    def apply(p, x):
      def body(carry, _):
        a, b, c = carry
        return (a, a * 1.0, b * 1.0), c @ p['w']

      zeros = jnp.zeros((2, 6))
      (_, _, c), out = lax.scan(body, (x, zeros, zeros), length=4)
      return c @ x.T, out

    leaves, rest = of(apply, X, w=abstract(6, 5))
    assert leaves == {'w': 4 * 60}
    assert rest == {'activation x activation': 24}

  def test_of_branches_the_costliest_counts(self):
    def apply(p, x):
      return lax.switch(
        x.sum().astype(int),
        [
          lambda x: x,
          lambda x: jax.nn.relu(x @ p['w']) @ p['v'],
          lambda x: x @ p['w'] @ p['w'].T @ p['u'],
        ],
        x,
      )

    kernels = {'u': (6, 6), 'v': (5, 6), 'w': (6, 5)}
    leaves, rest = of(
      apply, X, **{name: abstract(*shape) for name, shape in kernels.items()}
    )
    assert (leaves, rest) == ({'u': 72, 'v': 0, 'w': 120}, {})

  def test_functions_with_rules_of_their_own(self):
    @jax.custom_vjp
    def product(x, w):
      return x @ w

    product.defvjp(
      lambda x, w: (x @ w, (x, w)), lambda r, g: (g @ r[1].T, r[0].T @ g)
    )

    @jax.custom_jvp
    def activate(x):
      return jnp.maximum(x, 0)

    activate.defjvp(lambda x, t: (activate(*x), t[0] * (x[0] > 0)))

    def apply(p, x):
      return activate(product(x, p['w']))

    w = abstract(6, 5)
    assert of(apply, X, w=w) == ({'w': 60}, {})
    # The gradient of the kernel needs the outputs, and meets the inputs.
    leaves, rest = of(jax.grad(lambda p, x: apply(p, x).sum()), X, w=w)
    assert (leaves, rest) == ({'w': 60}, {'activation x activation': 60})

  def test_vmap_changes_nothing(self):
    def apply(p, x):
      return jnp.tanh(x @ p['w']) @ p['v']

    leaves = {'w': abstract(6, 5), 'v': abstract(5, 4)}
    one = of(lambda p, x: jax.vmap(functools.partial(apply, p))(x), X, **leaves)
    assert one == of(apply, X, **leaves) == ({'v': 40, 'w': 60}, {})


class TestRefusals:
  def test_a_loop_of_unknown_length_that_multiplies(self):
    def apply(p, x):
      return lax.while_loop(lambda h: h.sum() < 9, lambda h: h @ p['w'], x)

    with pytest.raises(ValueError, match='makes 72 multiply-adds a round'):
      of(apply, X, w=abstract(6, 6))

  def test_a_test_that_multiplies(self):
    def apply(p, x):
      return lax.while_loop(
        lambda h: (h @ p['w']).sum() < 9, lambda h: h + 1, x
      )

    with pytest.raises(ValueError, match='makes 60 multiply-adds a round'):
      of(apply, X, w=abstract(6, 5))

  def test_what_cannot_be_looked_into(self):
    def apply(p, x):
      return jax.pure_callback(np.matmul, abstract(2, 5), x, p['w'])

    with pytest.raises(ValueError, match='pure_callback cannot be looked'):
      of(apply, X, w=abstract(6, 5))

  def test_products_of_sparse_arrays(self):
    def apply(p, x):
      return sparse.BCOO.fromdense(p['w'].T, nse=5) @ x.T

    with pytest.raises(ValueError, match='bcoo_dot_general cannot be looked'):
      of(apply, X, w=abstract(6, 5))

  def test_solvers(self):
    def apply(p, x):
      return jnp.linalg.solve(p['w'], x.T)

    with pytest.raises(ValueError, match='linear_solve cannot be looked into'):
      of(apply, X, w=abstract(6, 6))

  def test_parts_of_devices(self):
    mesh = jax.make_mesh((2,), ('n',), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec

    def apply(p, x):
      return jax.shard_map(
        jnp.matmul, mesh=mesh, in_specs=(spec('n'), spec()), out_specs=spec('n')
      )(x, p['w'])

    with pytest.raises(ValueError, match='shard_map cannot be looked'):
      of(apply, X, w=abstract(6, 5))

  def test_leaves_that_are_no_arrays(self):
    with pytest.raises(TypeError, match=r"params hold <.*> at 'layer/act'"):
      flops.macs(lambda p, x: x, {'layer': {'act': jax.nn.relu}}, X)


def test_nothing_is_compiled_or_computed(caplog):
  def apply(p, x):
    return x @ p['w'] + jnp.linspace(0.0, 1.0, 77)[None]

  with jax.log_compiles():
    assert of(apply, X, w=abstract(6, 77))[0] == {'w': 2 * 6 * 77}
    assert 'XLA compilation' not in caplog.text
    jax.jit(apply)({'w': jnp.ones((6, 77))}, jnp.ones((2, 6)))
  assert 'XLA compilation' in caplog.text
