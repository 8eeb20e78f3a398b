"""Every kind of damage to a ticket is found, by one error that names it."""

import json
import re
import shutil

import jax.numpy as jnp
import pytest

from jaxsparse.core import paths
from jaxsparse.runs import finished, reading
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.runs.train import train
from jaxsparse.tickets import record
from jaxsparse.tickets.verify import verify
from jaxsparse.training.checkpoints import Checkpoints

KERNEL = 'Dense_0/kernel'


def errors_of_flipped_bits(root, step, number=12):
  """Verifies with one bit flipped, at places all over the file of arrays."""
  files = [p for p in (step / 'state').rglob('d/*') if p.is_file()]
  path = max(files, key=lambda p: p.stat().st_size)
  content, errors = path.read_bytes(), []
  for i in range(number):
    damaged = bytearray(content)
    damaged[(2 * i + 1) * len(content) // (2 * number)] ^= 1
    path.write_bytes(damaged)
    try:
      verify(root)
    except ValueError as error:
      errors.append(str(error))
  return errors


def save_changed(root, steps, change):
  """Saves checkpoints anew, with checksums that fit what was changed."""
  abstract = abstract_state(finished.load(root, reading.describe).experiment)
  with Checkpoints(root / 'checkpoints', keep=5) as checkpoints:
    for step in steps:
      state, meta = checkpoints.restore(step, abstract)
      checkpoints.save(step, change(state), meta)


def with_leaf(tree, change):
  return paths.map_with_path(
    lambda path, leaf: change(leaf) if path == KERNEL else leaf, tree
  )


def with_mask(state, change):
  masks = with_leaf(state.mask_state.masks, change)
  return state._replace(mask_state=state.mask_state._replace(masks=masks))


def flip_first(mask):
  return mask.at[0, 0].set(~mask[0, 0])


def move_one(mask):
  """Keeps the count: the first weight that is active moves."""
  flat = mask.reshape(-1)
  on, off = jnp.argmax(flat), jnp.argmin(flat)
  return flat.at[on].set(False).at[off].set(True).reshape(mask.shape)


def edit(path, **changes):
  content = json.loads(path.read_text())
  path.write_text(json.dumps(content | changes))


def test_a_whole_ticket_passes_with_and_without_a_record(copied):
  for name in ('ticket', 'rewound'):
    assert verify(copied / name) is False
    record.write(copied / name)
    assert verify(copied / name) is True


def test_it_may_move_and_be_judged(copied, tmp_path):
  record.write(copied / 'ticket')
  record.write_verdict(copied / 'ticket', {'verdict': 'none'})
  moved = shutil.move(copied / 'ticket', tmp_path / 'moved')
  assert verify(moved) is True


@pytest.mark.parametrize('step', ['0', '30'])
def test_a_flipped_bit_of_a_file(copied, step):
  root = copied / 'ticket'
  errors = errors_of_flipped_bits(root, root / 'checkpoints' / step)
  # A part of the file is the optimiser's state, which is not the ticket's.
  damaged = rf'checkpoints/{step} (is damaged|cannot be read)'
  assert all(re.search(damaged, error) for error in errors)
  assert any(re.search(f'{damaged}.*kernel', error) for error in errors)


@pytest.mark.parametrize('recorded', [False, True])
def test_a_flipped_mask_bit_under_a_good_checksum(copied, recorded):
  root = copied / 'ticket'
  if recorded:
    record.write(root)
  save_changed(root, [0], lambda state: with_mask(state, flip_first))
  where = f"leaf '{KERNEL}' has one mask at step 0 and another at step 20"
  with pytest.raises(ValueError, match=where):
    verify(root)


def test_masks_that_are_changed_at_every_step(copied):
  root = copied / 'ticket'
  record.write(root)
  save_changed(root, [0, 20, 30], lambda state: with_mask(state, flip_first))
  with pytest.raises(
    ValueError, match=rf"leaf '{KERNEL}' has \d+ active .*summary\.json says"
  ):
    verify(root)


def test_masks_that_are_changed_and_keep_their_counts(copied):
  root = copied / 'ticket'
  record.write(root)
  save_changed(root, [0, 20, 30], lambda state: with_mask(state, move_one))
  with pytest.raises(ValueError, match=f"leaf '{KERNEL}': mask: "):
    verify(root)
  (root / 'ticket.json').unlink()
  assert verify(root) is False


def test_a_changed_weight(copied):
  root = copied / 'ticket'
  record.write(root)

  def change(state):
    params = with_leaf(state.params, lambda kernel: kernel * 1.0001)
    return state._replace(params=params)

  save_changed(root, [0], change)
  with pytest.raises(ValueError, match=f"leaf '{KERNEL}': weights: "):
    verify(root)


@pytest.mark.parametrize(
  'name', ['config.json', 'summary.json', 'checkpoints', 'checkpoints/0']
)
def test_a_missing_file(copied, name):
  path = copied / 'ticket' / name
  path.unlink() if path.is_file() else shutil.rmtree(path)
  expected = 'no step 0' if name == 'checkpoints/0' else f'{name} is missing'
  with pytest.raises(ValueError, match=expected):
    verify(copied / 'ticket')


def test_the_checkpoints_of_another_architecture(copied, make_config):
  train(make_config('static', model__features=(8,)), copied / 'other')
  root = copied / 'ticket'
  shutil.rmtree(root / 'checkpoints')
  shutil.copytree(copied / 'other/checkpoints', root / 'checkpoints')
  with pytest.raises(
    ValueError, match=r"does not fit the model: leaf 'Dense_0/bias'.*\(16,\)"
  ):
    verify(root)


def test_the_config_of_another_run(copied):
  root = copied / 'ticket'
  content = json.loads((root / 'config.json').read_text())
  content['config']['optimizer']['learning_rate'] = 0.2
  (root / 'config.json').write_text(json.dumps(content))
  with pytest.raises(ValueError, match=r'config\.json has the digest'):
    verify(root)


def test_counts_that_differ(copied):
  path = copied / 'ticket/summary.json'
  sparsities = json.loads(path.read_text())['layer_sparsity']
  edit(path, layer_sparsity=sparsities | {KERNEL: 1 - 100 / 1024})
  with pytest.raises(ValueError, match=rf"'{KERNEL}' has \d+ .* says 100"):
    verify(copied / 'ticket')


def test_a_parent_that_has_changed(copied):
  save_changed(
    copied / 'pruned', [30], lambda state: with_mask(state, move_one)
  )
  with pytest.raises(ValueError, match=r'has changed since .*init\.masks'):
    verify(copied / 'ticket')


def test_a_record_of_another_ticket(copied):
  record.write(copied / 'rewound')
  shutil.copy(copied / 'rewound/ticket.json', copied / 'ticket')
  with pytest.raises(
    ValueError, match=r"changed since ticket\.json: leaf 'Dense_0/bias': weigh"
  ):
    verify(copied / 'ticket')
