"""Defects of an earlier lottery program, each with the test that ours has none.

1. No seed of the weights and the augmentation; weights that are drawn anew
   cannot be paired with those before.
   tests/studies/lottery/test_tickets_by_hand.py
     ::test_weights_drawn_anew_share_all_but_the_draw
     ::test_more_levels_arms_and_seeds_train_these_alone
   tests/runs/test_rewinding.py::test_children_differ_in_one_random_stream
2. No instability analysis, learning-rate rewinding, fine-tuning, one-shot or
   layer-wise pruning.
   tests/analyses/test_instability.py
     ::TestInstability
   tests/studies/lottery/test_arms.py
     ::test_levels_start_where_their_arm_says
     ::test_fine_tuning_has_the_last_rate_throughout
   tests/studies/lottery/test_study.py
     ::test_levels_have_the_counts_of_their_rounds
3. A threshold that prunes one weight too many, and more among equal ones.
   tests/core/test_rounds.py
     ::test_cuts_keep_the_highest_and_of_equal_ones_the_first
4. Counts of layers that are not pruned go into the number to prune, which
   exceeds what there is after many rounds.
   test_layers_left_out_never_exhaust_the_others, below
5. Random masks of one density cannot be drawn.
   tests/runs/test_rewinding.py::test_shuffles_keep_the_count_of_their_scope
6. Weights of a task with other classes get a head of the wrong size.
   test_weights_of_another_number_of_classes_are_refused, below
7. Masks in the forward pass alone, while moments of pruned weights go on.
   tests/runs/test_rewinding.py
     ::test_what_is_pruned_stays_at_zero_with_its_moments
8. Checkpoints that are not atomic, and metrics that are written at the end.
   tests/launch/test_lottery_kills.py
     ::test_kills_leave_no_trace_in_a_lottery
   tests/launch/test_kills.py::test_kills_stops_and_damage_leave_no_trace
9. No validation split: the test set is used at each epoch.
   tests/runs/test_validation.py
     ::test_the_last_evaluation_is_the_validation_accuracy
   test_the_validation_split_of_a_level_is_that_of_its_source, below
10. Documentation of commands that do not run.
   tests/launch/test_lottery.py::test_the_command_of_the_docstring_runs
   tests/repository/test_configs.py::test_the_docstring_says_the_command
"""

import pathlib
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.config.overrides import override
from jaxsparse.core import rounds
from jaxsparse.core.masks import full_masks
from jaxsparse.runs import reading, sources
from jaxsparse.runs.build import build
from jaxsparse.studies.planning import members
from jaxsparse.training.checkpoints import save_params

ROOT = pathlib.Path(__file__).parents[3]


def test_the_tests_that_are_named_are_there():
  named = re.sub(r'\s+::', '::', __doc__)
  pairs = re.findall(r'(tests/[\w/]+\.py)((?:::\w+)+)', named)
  assert len(pairs) >= 9
  for path, names in pairs:
    text = (ROOT / path).read_text()
    for name in names.split('::')[1:]:
      assert re.search(rf'^(def|class) {name}\b', text, re.MULTILINE), name
  for name in re.findall(r'^ +(test_\w+), below$', __doc__, re.MULTILINE):
    assert name in globals()


def test_layers_left_out_never_exhaust_the_others():
  tree = {'a': np.zeros((15, 20)), 'out': np.zeros((90, 10))}
  scores = {path: 1.0 + leaf for path, leaf in tree.items()}
  masks = {path: np.ones(leaf.shape, bool) for path, leaf in tree.items()}
  for level in (1, 10, 20, 40):
    counts = rounds.counts_after(tree, 0.2, level, layers={'out': 0.0})
    masks = rounds.cut(scores, masks, counts, apart=('out',))
    assert masks['out'].all()
    assert masks['a'].sum() == rounds.after(300, 0.2, level)
  # A fifth of 2 is rounded to none.
  assert masks['a'].sum() == 2


def data(classes):
  """A data set of so many classes, by a function that configs can name."""
  draw = np.random.default_rng(0)
  images = draw.normal(size=(64, 8, 8)).astype(np.float32)
  labels = np.arange(64) % classes
  return {'train': (images, labels), 'test': (images, labels)}


def four_classes():
  return data(4)


def ten_classes():
  return data(10)


@pytest.fixture
def config(make_config, monkeypatch):
  monkeypatch.syspath_prepend(pathlib.Path(__file__).parent)

  def of(name, **fields):
    config = make_config('static', updater__sparsity=0.0, num_steps=2)
    return override(config, {'data.name': f'test_defects.{name}', **fields})

  return of


def test_weights_of_another_number_of_classes_are_refused(config, tmp_path):
  four, ten = (build(config(name)) for name in ('four_classes', 'ten_classes'))
  heads = [one.params['Dense_1']['kernel'].shape for one in (four, ten)]
  assert heads == [(16, 4), (16, 10)]
  zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), four.params)
  path = tmp_path / 'four'
  save_params(path, zeros, full_masks(zeros, four.counts))
  for field in ('init.checkpoint', 'init.masks'):
    own = config('ten_classes', **{field: str(path)})
    with pytest.raises(ValueError, match=f'{field}: .*Dense_1'):
      sources.load(build(own), tmp_path)


def test_the_validation_split_of_a_level_is_that_of_its_source(tiny):
  study = tiny((), {'data.validation': 200})
  expanded = members.expand(study, 'runs', reading.dataset)
  splits = [m.experiment.dataset for m in expanded.members.values()]
  assert len(splits) == 3
  for split in splits:
    assert len(split.validation.labels) == 200
    np.testing.assert_array_equal(
      split.validation.images, splits[0].validation.images
    )
  for member in expanded.members.values():
    experiment = member.experiment
    assert experiment.eval_split is experiment.dataset.validation
