"""What is said of a name that is not among those that are accepted."""

import re

import pytest

from jaxsparse.core import choices


@pytest.mark.parametrize('accepted', [('a', 'b'), {'b': 1}, iter('abc')])
def test_what_is_accepted_passes(accepted):
  choices.check('size is b', 'b', accepted)


@pytest.mark.parametrize(
  ('got', 'accepted', 'message'),
  [
    (
      'byte',
      {'parameters': 1, 'bytes': 2},
      "it is so; accepted are parameters, bytes. Did you mean 'bytes'?",
    ),
    ('x', iter(('one', 'two')), 'it is so; accepted are one, two.'),
    ('x', (), 'it is so; accepted are none.'),
    # Nothing that can be looked up in a table, nor a part of a name.
    (['one'], {'one': 1}, "it is so; accepted are one. Did you mean 'one'?"),
    ('on', {'one': 1}, "it is so; accepted are one. Did you mean 'one'?"),
    (None, ('a', 'b'), 'it is so; accepted are a, b.'),
  ],
)
def test_all_else_is_refused_with_the_nearest(got, accepted, message):
  with pytest.raises(ValueError, match=f'^{re.escape(message)}$'):
    choices.check('it is so', got, accepted)
