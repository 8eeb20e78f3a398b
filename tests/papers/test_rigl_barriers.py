"""The study of barriers: which run starts where, and what is held to what."""

from jaxsparse.papers.rigl import barriers
from jaxsparse.studies.planning.check import check

STUDY = barriers.barriers(examples=100, steps=5)


def test_the_study_is_sound():
  check(STUDY)
  texts = [claim.text for claim in STUDY.claims]
  assert all(texts)
  assert len(set(texts)) == len(texts)


def test_restarts_go_on_from_the_static_solution_of_their_seed():
  for name in ('static_again', 'rigl_again'):
    run = STUDY.run(name)
    assert run.overrides['init.checkpoint'] == '{static}'
    assert 'init.masks' not in run.overrides
    assert run.seed_list() == STUDY.run('static').seed_list()


def test_both_ends_of_a_path_started_apart():
  (seed,) = STUDY.run('pruned').seed_list()
  for analysis in STUDY.analyses:
    run, other = analysis.of
    assert other == f'pruned@{seed}'
    assert seed not in STUDY.run(run).seed_list()
    assert analysis.options == {'examples': 100, 'steps': 5}


def test_every_number_that_is_judged_is_shown():
  assert {claim.metric for claim in STUDY.claims} <= set(STUDY.metrics)
