"""Parts of docstrings, for tables that are read from the code."""

import inspect
import re
from collections.abc import Callable
from typing import Any

# A section of a docstring: 'Args:', 'Returns:'.
_SECTION = re.compile(r'^[A-Z][a-z]+:$')
# An argument: 'name: text', or '*name: text'.
_ARGUMENT = re.compile(r'^\*{0,2}(\w+): (.*)$')


def summary(function: Callable[..., Any]) -> str:
  """Returns the first line of a docstring; '' without one."""
  return (inspect.getdoc(function) or '').partition('\n')[0]


def arguments(function: Callable[..., Any]) -> dict[str, str]:
  """Returns the text of each argument of a docstring, in one line.

  'likewise' is kept as it is: it refers to the argument before.
  """
  texts: dict[str, list[str]] = {}
  inside, name = False, ''
  for line in (inspect.getdoc(function) or '').splitlines():
    if _SECTION.match(line):
      inside = line == 'Args:'
    elif inside and line.startswith('  '):
      match = None if line.startswith('   ') else _ARGUMENT.match(line.strip())
      if match:
        name, text = match.groups()
        texts[name] = [text]
      elif name:
        texts[name].append(line.strip())
  return {name: ' '.join(lines) for name, lines in texts.items()}
