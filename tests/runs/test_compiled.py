import jax
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.data import datasets, resident
from jaxsparse.runs import sources
from jaxsparse.runs.build import build
from jaxsparse.runs.compiled import abstract_state, compiled
from jaxsparse.runs.group import start
from jaxsparse.training import loop
from jaxsparse.training.one_by_one import OneByOne
from jaxsparse.updaters.static import static


@pytest.fixture
def large_images(monkeypatch):
  """`digits` replaced by a few random images of 28 x 28."""
  rng = np.random.default_rng(0)

  def split(size):
    images = rng.integers(256, size=(size, 28, 28, 1), dtype=np.uint8)
    return datasets.Split(images, rng.integers(10, size=size, dtype=np.int32))

  dataset = datasets.Dataset('fake', 10, split(40), None, split(20), 1 / 255)
  monkeypatch.setattr(datasets, 'load', lambda *args, **kwargs: dataset)


class ConvNet(nn.Module):
  filters: int

  @nn.compact
  def __call__(self, x, *, train=False):
    return nn.Conv(self.filters, (3, 3))(x).mean(axis=(1, 2))


def conv_net(*, num_classes=10):
  return ConvNet(num_classes)


@pytest.mark.parametrize(
  ('model', 'dispatch'), [(conv_net, 'step'), ('lenet5', 'scan')]
)
@pytest.mark.usefixtures('large_images')
def test_convolutions_are_dispatched_step_by_step_on_cpu(
  make_config, model, dispatch
):
  experiment = build(make_config(model=model, data__name='fake'))
  assert compiled(experiment).programs.dispatch == dispatch


def fresh(experiment, data):
  return start(experiment, data, sources.ITS_OWN)


def test_the_abstract_state_is_that_of_a_fresh_one(make_config):
  experiment = build(make_config('snfs', optimizer='adam'))
  state = fresh(experiment, experiment.dataset.train)
  shapes = jax.tree.map(lambda x: (x.shape, x.dtype), state)
  abstract = jax.tree.map(
    lambda x: (x.shape, x.dtype), abstract_state(experiment)
  )
  assert abstract == shapes


def test_no_two_leaves_of_a_state_are_one_array(make_config):
  """The state is donated, and no array can be donated twice."""

  def method(counts):
    base = static(counts)

    def init(params, *, key, probe=None):
      state = base.init(params, key=key, probe=probe)
      return state._replace(inner=(state.masks, params))

    return base._replace(init=init)

  experiment = build(make_config(method))
  state = fresh(experiment, experiment.dataset.train)
  pointers = [x.unsafe_buffer_pointer() for x in jax.tree.leaves(state)]
  assert len(set(pointers)) == len(pointers)


def silent_hooks():
  return loop.Hooks(
    evaluate=lambda i, state: {},
    probe=lambda i, state: {},
    record=lambda i, record: None,
    healthy=lambda state: True,
    save=lambda i, state, progress: None,
    last_good=None,
    report=lambda done, records: None,
    interrupted=lambda: False,
  )


def end_of(experiment, data):
  executor = OneByOne(
    compiled(experiment).programs,
    [fresh(experiment, data)],
    [experiment.member],
    data=data,
    batches=lambda i, *steps: experiment.batches(*steps),
  )
  loop.run(executor, plan=experiment.plan, hooks=silent_hooks())
  return [
    np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(executor.state(0))
  ]


def test_the_length_of_a_chunk_changes_no_bit(make_config):
  # Churn of static masks is 0, and their mask step compiles quickly.
  config = make_config('static', optimizer='adam', updater__update_interval=13)
  experiment = build(config)
  data = resident.put(experiment.dataset.train)
  ends = [
    end_of(experiment._replace(plan=experiment.plan._replace(chunk=n)), data)
    for n in (1, 7, 64)
  ]
  assert ends[0] == ends[1] == ends[2]
