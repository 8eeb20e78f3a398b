"""Steps without data, against the counts and the plan of the real run."""

import math
import pathlib
import tempfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core.masks import full_masks, random_masks
from jaxsparse.core.types import Facts, MaskState, MaskUpdater
from jaxsparse.errors import TrainingFailed
from jaxsparse.runs import compiled, dry_run, reading, sources, workdir
from jaxsparse.runs.build import build
from jaxsparse.training import metrics
from jaxsparse.training.evaluate import BrokenInvariant

CUT = {'data__validation': 0.2}


def planned_run(config):
  return build(config, reading.describe)


def take(config):
  return dry_run.take(planned_run(config))


def test_it_is_planned_as_the_run_with_data_is(make_config):
  planned, real = planned_run(make_config()), build(make_config())
  assert planned.config == real.config
  assert planned.plan == real.plan
  assert planned.target_counts == real.target_counts
  assert planned.recipe == real.recipe
  np.testing.assert_array_equal(planned.batches(3, 9), real.batches(3, 9))


@pytest.mark.parametrize(
  ('method', 'fields', 'mask_step'),
  [
    # The first, and of the one that prunes step by step the last.
    ('rigl', {'updater__start_step': 5}, 5),
    ('gmp', {}, 20),
    ('static', {}, None),
  ],
)
def test_it_takes_two_steps_and_a_mask_step(
  make_config, method, fields, mask_step
):
  experiment = planned_run(make_config(method, **fields))
  assert dry_run.mask_step(experiment) == mask_step
  losses = dry_run.take(experiment)
  assert len(losses) == 2 + (mask_step is not None)
  # Not a loss of nothing, and the second batch is another.
  assert all(math.isfinite(loss) and loss > 0.5 for loss in losses)
  assert losses[0] != losses[1]


def test_it_is_a_run_at_its_mask_step(make_config, monkeypatch):
  """Its files are those of any run, and nothing of them is left."""
  folders = []

  class Folder(tempfile.TemporaryDirectory):
    def __exit__(self, *error):
      root = pathlib.Path(self.name)
      summary = workdir.finished(root)
      records = metrics.read(root / workdir.METRICS)
      folders.append((root, summary, records))
      super().__exit__(*error)

  monkeypatch.setattr(tempfile, 'TemporaryDirectory', Folder)
  losses = take(make_config('gmp', eval__split='validation', **CUT))
  ((root, summary, records),) = folders
  assert not root.exists()
  assert summary['steps'] == 3
  assert {'test_accuracy', 'validation_accuracy'} <= summary.keys()
  assert [record['step'] for record in records] == [19, 20, 21]
  assert tuple(record['loss'] for record in records) == losses
  assert 'churn' in records[-1]


@pytest.mark.parametrize('counts', ['updater', 'masks'])
def test_masks_of_another_run_may_be_absent(make_config, counts):
  config = make_config(
    'static',
    init__masks='run:pruned',
    init__shuffle_masks=True,
    init__counts=counts,
  )
  assert len(take(config)) == 2


def test_a_run_starts_from_the_masks_of_another(make_config):
  """From which the loss differs, shuffled or not."""
  config = make_config('static', init__masks='run:pruned')
  shuffled = make_config(
    'static', init__masks='run:pruned', init__shuffle_masks=True
  )
  experiment = planned_run(config)
  key = jax.random.key(1)
  masks = random_masks(experiment.params, experiment.counts, key=key)
  losses = {
    dry_run.take(experiment),
    dry_run.take(experiment, sources.Initial(masks=masks)),
    dry_run.take(planned_run(shuffled), sources.Initial(masks=masks)),
  }
  assert len(losses) == 3


LEVEL = {
  'updater__sparsity': 0.0,
  'init__checkpoint': 'run:dense',
  'init__start_step': 7,
  'init__masks': 'run:dense',
  'pruning__level': 2,
}


@pytest.mark.parametrize('shuffle', [False, True])
def test_a_level_draws_masks_of_its_counts(make_config, shuffle):
  """Where those that it is cut from are there, too."""
  config = make_config('static', init__shuffle_masks=shuffle, **LEVEL)
  experiment = planned_run(config)
  drawn = compiled.abstract_state(experiment)
  params = jax.tree.map(lambda x: jnp.ones(x.shape), drawn.params)
  initial = sources.Initial(
    params, full_masks(params, experiment.counts), ranked=params
  )
  for one in (sources.ITS_OWN, initial):
    assert len(dry_run.take(experiment, one)) == 2


def test_anchors_are_there_at_a_late_mask_step(make_config):
  config = make_config('gmp', anchors__runs='run:dense', anchors__weight=1.0)
  assert len(take(config)) == 3


def test_a_loss_that_is_not_finite_is_told(make_config):
  with pytest.raises(TrainingFailed, match='the loss is not finite at step 1$'):
    take(
      make_config(
        'static', optimizer__learning_rate=1e38, optimizer__weight_decay=1e38
      )
    )


def lax_masks(counts):
  """Promises counts of each leaf and keeps one weight fewer."""

  def init(params, *, key, probe=None):
    def one(param, count):
      place = jnp.arange(param.size).reshape(param.shape)
      return None if count is None else place < count - 1

    return MaskState(
      jax.tree.map(one, params, counts, is_leaf=lambda x: x is None)
    )

  return MaskUpdater(init=init, update=None, facts=Facts(mask_steps='none'))


def test_masks_that_are_not_what_was_promised_are_told(make_config):
  with pytest.raises(BrokenInvariant, match='promises'):
    take(make_config(lax_masks))


def test_the_text_says_what_was_taken_on_what(make_config):
  experiment = planned_run(make_config('gmp'))
  lines = dry_run.text(experiment, (2.5, 2.25, 1.125)).splitlines()
  assert lines == [
    'taken   2 optimiser steps and mask step 20',
    'on      made-up batches of 2 at a learning rate in proportion: the batch'
    ' of 16 may not fit this machine',
    'losses  2.5, 2.25, 1.125: finite, as are all weights',
    'masks   hold the counts that the method promises',
  ]


def test_an_unknown_data_set_is_refused(make_config, tmp_path):
  config = make_config(data__name='emnist/letters', data__dir=str(tmp_path))
  with pytest.raises(ValueError, match='config.data: .*not prepared'):
    planned_run(config)
