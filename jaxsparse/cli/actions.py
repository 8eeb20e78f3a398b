"""Programs of several actions, `python -m launch.tickets ACTION WORD ...`."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Its docstring says what words it takes: 'DIR FILE: writes ...'.
Action = Callable[..., None]


def call(
  actions: Mapping[str, Action], name: str, words: Sequence[str]
) -> None:
  """Runs an action.

  Args:
    actions: by name.
    name: of the action.
    words: its arguments.

  Raises:
    ValueError: there is no such action, or it takes other words.
  """
  from jaxsparse.core import choices

  choices.check(f'got {name!r}', name, actions)
  if not _takes(actions[name], words):
    raise ValueError(f'{name}: accepted is {actions[name].__doc__}')
  actions[name](*words)


def options(actions: Mapping[str, Action]) -> dict[str, Any]:
  """Returns the arguments of `command.run` for a program of these actions."""

  def lines() -> dict[str, str]:
    return {name: action.__doc__ or '' for name, action in actions.items()}

  return {
    'word': 'ACTION',
    'words': lines,
    'describe': lambda name: lines().get(name, ''),
    'several': True,
  }


def _takes(action: Action, words: Sequence[str]) -> bool:
  try:
    inspect.signature(action).bind(*words)
  except TypeError:
    return False
  return True
