"""Which runs train together, and how they are executed."""

import jax
import pytest
from flax import linen as nn

from jaxsparse.runs import compiled
from jaxsparse.runs.build import build


@pytest.mark.parametrize(
  ('fields', 'same'),
  [
    ({'seed': 9}, True),
    ({'optimizer__learning_rate': 0.7, 'optimizer__weight_decay': 0.1}, True),
    ({'updater__sparsity': 0.5, 'updater__distribution': 'uniform'}, True),
    ({'updater__drop_fraction': 0.1, 'updater__dense_first': True}, True),
    ({'init': 'sparse'}, True),
    ({'checkpoint__keep': 7}, True),
    ({'model__features': (17,)}, False),
    ({'optimizer__momentum': 0.5}, False),
    ({'updater__drop_schedule': 'constant'}, False),
    ({'updater__update_interval': 6}, False),
    ({'num_steps': 31}, False),
    ({'batch_size': 17}, False),
    ({'eval__interval': 16}, False),
    ({'data__validation': 0.1}, False),
  ],
)
def test_a_family_is_what_compiles_once(make_config, fields, same):
  one, other = (compiled.family(build(make_config(**f))) for f in ({}, fields))
  assert (one == other) is same
  assert (hash(one) == hash(other)) is same


def test_methods_are_families_of_their_own(make_config):
  one, other = (build(make_config(method)) for method in ('rigl', 'set'))
  assert compiled.family(one) != compiled.family(other)


@pytest.mark.parametrize(
  ('backend', 'asked', 'chosen'),
  [
    ('cpu', 'auto', 'one_by_one'),
    ('gpu', 'auto', 'vmap'),
    ('tpu', 'auto', 'vmap'),
    ('cpu', 'vmap', 'vmap'),
    ('gpu', 'one_by_one', 'one_by_one'),
  ],
)
def test_how_runs_are_executed(
  make_config, monkeypatch, caplog, backend, asked, chosen
):
  experiment = build(make_config())
  monkeypatch.setattr(jax, 'default_backend', lambda: backend)
  assert compiled.choose(experiment, asked) == chosen
  assert caplog.messages == []


def test_an_unknown_executor_is_refused(make_config):
  with pytest.raises(ValueError, match="parallel: got 'vmapp'; .*Did you mean"):
    compiled.choose(build(make_config()), 'vmapp')


class ConvNet(nn.Module):
  @nn.compact
  def __call__(self, x, *, train=False):
    return nn.Conv(10, (3, 3))(x).mean(axis=(1, 2))


def conv_net(*, num_classes=10):
  return ConvNet()


def test_convolutions_under_vmap_on_cpu_are_warned_of(make_config, caplog):
  experiment = build(make_config(model=conv_net))
  assert compiled.choose(experiment, 'auto') == 'one_by_one'
  assert caplog.messages == []
  assert compiled.choose(experiment, 'vmap') == 'vmap'
  assert 'convolutions on CPU' in caplog.messages[0]
