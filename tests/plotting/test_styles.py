"""A method looks alike in all figures."""

import itertools

from jaxsparse.core import registry
from jaxsparse.plotting.styles import METHODS, by_method


def test_every_method_has_a_look_of_its_own():
  assert set(METHODS) == set(registry.names('jaxsparse.updaters'))
  looks = {tuple(style.values()) for style in METHODS.values()}
  assert len(looks) == len(METHODS)


def test_a_method_looks_alike_whichever_others_there_are():
  for two in itertools.permutations(METHODS, 2):
    assert by_method(two) == [METHODS[method] for method in two]


def test_a_second_run_of_a_method_has_its_colour_in_free_dashes():
  rigl, again, grown, mine, other = by_method(
    ['rigl', 'rigl', 'rigl_sg', 'mine', 'yours']
  )
  assert (rigl, grown) == (METHODS['rigl'], METHODS['rigl_sg'])
  assert again['color'] == rigl['color']
  looks = [rigl, again, grown, mine, other]
  assert len({tuple(look.values()) for look in looks}) == 5
  assert len({look['color'] for look in (rigl, mine, other)}) == 3


def test_runs_of_one_method_differ_in_colour():
  assert len({look['color'] for look in by_method(['set'] * 5)}) == 5
  assert by_method(['set']) == [METHODS['set']]


def test_no_two_of_many_look_alike():
  looks = by_method([*METHODS, *['rigl'] * 9, *['mine'] * 9])
  assert len({tuple(look.values()) for look in looks}) == len(METHODS) + 18
