"""Manifests, against the files that they are read from."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.tickets import record
from jaxsparse.tickets.manifest import manifest
from jaxsparse.training.checkpoints import load_params

KERNELS = {'Dense_0/kernel': (64, 16), 'Dense_1/kernel': (16, 10)}


def leaves(tree):
  return {p: np.asarray(leaf) for p, leaf in paths.flatten(tree).items()}


def test_counts_and_density_are_those_of_the_masks(lottery):
  ticket = manifest(lottery / 'ticket')
  masks = leaves(load_params(lottery / 'pruned')[1])
  assert {p: m.shape for p, m in masks.items()} == KERNELS
  active = {p: int(m.sum()) for p, m in masks.items()}
  assert {p: leaf.active for p, leaf in ticket.leaves.items()} == {
    'Dense_0/bias': None,
    'Dense_1/bias': None,
    **active,
  }
  assert ticket.total_weights == 64 * 16 + 16 * 10
  assert ticket.active_weights == sum(active.values())
  assert ticket.density == sum(active.values()) / (64 * 16 + 16 * 10)


def test_it_tells_where_a_ticket_comes_from(lottery):
  ticket, rewound = (manifest(lottery / n) for n in ('ticket', 'rewound'))
  assert ticket.parent == rewound.parent == 'run:pruned'
  assert ticket.mask_digest == rewound.mask_digest == ticket.parent_mask_digest
  assert ticket.init_digest == rewound.init_digest
  assert ticket.rewind_digest != rewound.rewind_digest
  biases = ('Dense_0/bias', 'Dense_1/bias')
  assert all(ticket.leaves[b] != rewound.leaves[b] for b in biases)
  assert (ticket.name, ticket.level, ticket.start_step) == ('ticket', 0, 0)


def test_the_recipe_holds_what_differs_from_the_defaults(lottery):
  ticket = manifest(lottery / 'ticket')
  assert (ticket.model, ticket.hyperparameters['features']) == ('mlp', [16])
  assert ticket.recipe['seed'] == 3
  assert ticket.recipe['updater.sparsity'] == 0.8
  assert 'optimizer.learning_rate' not in ticket.recipe
  summary = json.loads((lottery / 'ticket/summary.json').read_text())
  assert ticket.metrics == {'test_accuracy': summary['test_accuracy']}
  assert ticket.config_digest == summary['config_digest']


def test_it_is_the_same_read_back_from_json(lottery):
  ticket = manifest(lottery / 'ticket')
  assert record.from_json(record.to_json(ticket)) == ticket
  with pytest.raises(ValueError, match='it holds no manifest'):
    record.from_json('[1]')


def test_a_ticket_outlives_the_runs_that_it_comes_from(copied):
  whole = manifest(copied / 'ticket')
  for name in ('dense', 'pruned'):
    shutil.rmtree(copied / name)
  alone = dataclasses.replace(whole, init_digest=None, parent_mask_digest=None)
  assert manifest(copied / 'ticket') == alone


def test_a_verdict_joins_the_manifest(copied):
  assert manifest(copied / 'ticket').verdict is None
  record.write_verdict(copied / 'ticket', {'verdict': 'jackpot', 'gap': 0.7})
  verdict = manifest(copied / 'ticket').verdict
  assert verdict == {'verdict': 'jackpot', 'gap': 0.7}
  (copied / 'ticket/verdict.json').write_text('{')
  with pytest.raises(ValueError, match=r'verdict\.json cannot be read'):
    manifest(copied / 'ticket')


def test_other_runs_are_no_tickets(lottery, tmp_path):
  for name in ('dense', 'pruned'):
    with pytest.raises(ValueError, match=f'{name} is no ticket'):
      manifest(lottery / name)
  with pytest.raises(ValueError, match='is no finished run'):
    manifest(tmp_path)


def test_a_record_is_written_once(copied):
  root = copied / 'ticket'
  assert record.read(root) is None
  ticket = record.write(root)
  first = (root / 'ticket.json').read_bytes()
  record.write_verdict(root, {'verdict': 'none'})
  record.write(root)
  assert (root / 'ticket.json').read_bytes() == first
  assert record.read(root) == ticket
  (root / 'ticket.json').write_bytes(
    first.replace(b'"level": 0', b'"level": 1')
  )
  with pytest.raises(ValueError, match='another ticket: level: 1 -> 0'):
    record.write(root)
  (root / 'ticket.json').write_text('')
  with pytest.raises(ValueError, match=r'ticket\.json cannot be read'):
    record.read(root)
