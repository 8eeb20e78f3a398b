import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxsparse.training.plan import Plan, segments

INTERVALS = st.integers(1, 40)


@st.composite
def plans(draw):
  start = draw(st.integers(0, 60))
  return Plan(
    num_steps=draw(st.integers(1, 150)),
    update_interval=draw(INTERVALS),
    start_step=start,
    stop_step=draw(st.integers(start, 160)),
    log_interval=draw(INTERVALS),
    eval_interval=draw(INTERVALS),
    checkpoint_interval=draw(INTERVALS),
    keep_steps=tuple(draw(st.lists(st.integers(0, 150), max_size=3))),
    chunk=draw(st.integers(1, 50)),
    probe_interval=draw(st.integers(0, 40)),
  )


def mask_steps(plan):
  return set(range(plan.start_step, plan.stop_step, plan.update_interval))


def due(plan, done):
  """What the docstring says is due once `done` steps are complete."""
  end = done == plan.num_steps
  return (
    done > 0 and (end or done % plan.log_interval == 0),
    end or done % plan.eval_interval == 0,
    end or done % plan.checkpoint_interval == 0 or done in plan.keep_steps,
    plan.probe_interval != 0 and (end or done % plan.probe_interval == 0),
  )


@given(plans())
def test_segments_cover_every_step_once_and_in_order(plan):
  steps = [t for begin, end in segments(plan) for t in range(begin, end)]
  assert steps == list(range(plan.num_steps))


@given(plans())
def test_a_mask_step_is_a_segment_of_its_own(plan):
  for begin, end in segments(plan):
    inside = mask_steps(plan) & set(range(begin, end))
    assert not inside or end - begin == 1
    assert plan.masks_change(begin) == bool(inside)


@given(plans())
def test_mask_steps_are_those_at_which_masks_change(plan):
  changing = [t for t in range(plan.num_steps) if plan.masks_change(t)]
  assert list(plan.mask_steps) == changing


@given(plans())
def test_what_is_due_falls_on_the_end_of_a_segment(plan):
  for begin, end in segments(plan):
    assert end - begin <= plan.chunk
    assert not any(any(due(plan, t)) for t in range(begin + 1, end))


@given(plans())
def test_what_is_due_is_what_is_said(plan):
  for done in range(plan.num_steps + 1):
    told = plan.logs(done), plan.evaluates(done), plan.saves(done)
    assert (*told, plan.probes(done)) == due(plan, done)


@given(plans())
def test_a_run_goes_on_from_the_end_of_any_segment_as_it_would_have(plan):
  whole = list(segments(plan))
  for i, (begin, _) in enumerate(whole):
    assert list(segments(plan, begin)) == whole[i:]


def test_a_finished_run_has_no_segments_left():
  plan = Plan(10, 5, 0, 10, 5, 5, 5)
  assert list(segments(plan, 10)) == []


@pytest.mark.parametrize(
  ('chunk', 'expected'),
  [
    (64, [(0, 1), (1, 4), (4, 5), (5, 8), (8, 10)]),
    (2, [(0, 1), (1, 3), (3, 4), (4, 5), (5, 7), (7, 8), (8, 10)]),
  ],
)
def test_a_hand_worked_plan(chunk, expected):
  # Masks change at 0 and 4; records after 5 and 10, saves after 4, 8 and 10.
  plan = Plan(10, 4, 0, 5, 5, 100, 4, chunk=chunk)
  assert list(segments(plan)) == expected
