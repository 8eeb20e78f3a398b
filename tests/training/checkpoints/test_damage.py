import gc
import logging
import random
import shutil

import jax
import pytest

from jaxsparse.training.checkpoints import (
  CheckpointError,
  CheckpointMismatch,
  Checkpoints,
)


def abstract(state):
  return jax.eval_shape(lambda: state)


def array_file(step):
  """The file that holds the arrays' bytes."""
  return max(
    (path for path in (step / 'state').rglob('*') if path.is_file()),
    key=lambda path: path.stat().st_size if '/d/' in str(path) else 0,
  )


def corrupt_arrays(step):
  """Flips one bit; Orbax alone reads such a file without an error."""
  path = array_file(step)
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 1
  path.write_bytes(content)


@pytest.mark.parametrize(
  ('harm', 'reason'),
  [
    (
      lambda step: [shutil.rmtree(p) for p in step.iterdir() if p.is_dir()],
      'is missing',
    ),
    (lambda step: shutil.rmtree(step / 'state'), 'state is missing'),
    (lambda step: shutil.rmtree(step / 'meta'), 'meta is missing'),
    (lambda step: (step / '_CHECKPOINT_METADATA').unlink(), 'METADATA'),
    (lambda step: (step / 'meta' / 'metadata').write_text(''), 'JSON'),
    (lambda step: (step / 'meta' / 'metadata').write_text('[1]'), 'record'),
    (lambda step: (step / 'state' / '_METADATA').write_text('{'), 'JSON'),
    (
      lambda step: (step / 'state' / 'manifest.ocdbt').write_text(''),
      'cannot be read',
    ),
    (lambda step: array_file(step).write_bytes(b''), 'cannot be read'),
    (lambda step: array_file(step).unlink(), 'cannot be read'),
    (corrupt_arrays, 'leaf .* fails its checksum'),
  ],
)
def test_a_broken_step_is_passed_over_and_named(
  saved, identical, caplog, capfd, harm, reason
):
  directory, states = saved
  harm(directory / '3')
  with Checkpoints(directory) as checkpoints:
    with pytest.raises(CheckpointError, match=reason) as raised:
      checkpoints.restore(3, states[3])
    step, state, meta = checkpoints.latest(abstract(states[3]))
  assert not isinstance(raised.value, CheckpointMismatch)
  assert (step, meta) == (2, {'digest': 'of 2'})
  assert identical(state, states[2])
  warned = [r.getMessage() for r in caplog.records if r.levelno > logging.INFO]
  assert len(warned) == 1
  assert str(directory / '3') in warned[0]
  del raised
  gc.collect()
  assert capfd.readouterr().err == ''


def test_an_empty_step_is_passed_over(saved, caplog):
  directory, states = saved
  (directory / '11').mkdir()
  with Checkpoints(directory) as checkpoints:
    assert checkpoints.latest(states[3])[0] == 3
    assert checkpoints.steps() == (1, 2, 3)
  assert '11 is no whole checkpoint' in caplog.text


def test_a_step_under_the_name_of_another_is_no_good(saved):
  directory, states = saved
  (directory / '3').rename(directory / '30')
  with Checkpoints(directory) as checkpoints:
    assert checkpoints.steps() == (1, 2)
    assert checkpoints.latest(states[3])[0] == 2
    with pytest.raises(CheckpointError, match='30 holds step 3'):
      checkpoints.restore(30, states[3])


def test_a_changed_record_is_found_although_it_is_json(saved):
  directory, states = saved
  record = directory / '3' / 'meta' / 'metadata'
  text = record.read_text()
  assert text.count('of 3') == 1
  record.write_text(text.replace('of 3', 'of 2'))
  with (
    Checkpoints(directory) as checkpoints,
    pytest.raises(CheckpointError, match='record fails its checksum'),
  ):
    checkpoints.restore(3, states[3])


def test_any_damage_is_either_found_or_harmless(saved, tmp_path, identical):
  directory, states = saved
  rng = random.Random(0)
  files = [p for p in (directory / '3').rglob('*') if p.is_file()]
  found = 0
  for path in files:
    content = path.read_bytes()
    place = rng.randrange(len(content))
    flipped = bytearray(content)
    flipped[place] ^= 1 << rng.randrange(8)
    for harmed in (content[: len(content) // 2], bytes(flipped)):
      copy = tmp_path / 'copy'
      shutil.rmtree(copy, ignore_errors=True)
      shutil.copytree(directory / '3', copy / '3')
      (copy / path.relative_to(directory)).write_bytes(harmed)
      with Checkpoints(copy) as checkpoints:
        try:
          state, meta = checkpoints.restore(3, states[3])
        except CheckpointError:
          found += 1
          continue
      assert identical(state, states[3]), path
      assert meta == {'digest': 'of 3'}, path
  assert found >= 8


def test_all_steps_broken_is_an_error_that_leaves_them(saved):
  directory, states = saved
  for step in (1, 2, 3):
    shutil.rmtree(directory / str(step) / 'meta')
  with (
    Checkpoints(directory) as checkpoints,
    pytest.raises(CheckpointError, match='no good checkpoint.*/3 is no'),
  ):
    checkpoints.latest(states[3])
  assert {p.name for p in directory.iterdir()} == {'1', '2', '3'}


def test_retention_counts_no_broken_step_as_kept(saved, make_state, identical):
  directory, states = saved
  (directory / '8').mkdir()
  (directory / '9').mkdir()
  with Checkpoints(directory, keep=2) as checkpoints:
    checkpoints.save(4, make_state(4), {})
    assert checkpoints.steps() == (3, 4)
    step, state, _ = checkpoints.latest(states[3])
  assert step == 4
  assert identical(state, make_state(4))


def test_a_step_found_corrupt_does_not_push_out_a_good_one(saved, make_state):
  directory, states = saved
  corrupt_arrays(directory / '3')
  with Checkpoints(directory, keep=1) as checkpoints:
    assert checkpoints.latest(states[3])[0] == 2
    checkpoints.save(1, states[1], {})  # The same: nothing is written.
    assert checkpoints.steps() == (1, 2)
    checkpoints.save(0, make_state(0), {})
    assert checkpoints.steps() == (0, 2)


def test_a_step_that_is_there_and_broken_is_replaced(saved, identical):
  directory, states = saved
  corrupt_arrays(directory / '3')
  with Checkpoints(directory, keep=3) as checkpoints:
    checkpoints.save(3, states[3], {'again': True})
    state, meta = checkpoints.restore(3, states[3])
  assert identical(state, states[3])
  assert meta == {'again': True}


def test_what_a_killed_run_left_is_removed_on_opening(saved):
  directory, states = saved
  (directory / '.trash' / '0').mkdir(parents=True)
  (directory / '.trash' / '0' / 'file').touch()
  (directory / '4.orbax-checkpoint-tmp').mkdir()
  with Checkpoints(directory, keep=3) as checkpoints:
    checkpoints.save(4, states[3], {})
  assert {p.name for p in directory.iterdir()} == {'2', '3', '4'}
