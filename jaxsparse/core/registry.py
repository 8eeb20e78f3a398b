"""Names to functions, by module name: there is no table to add a method to.

`resolve('rigl', 'jaxsparse.updaters')` imports `jaxsparse/updaters/rigl.py`
and returns its function `rigl`. A dotted path (`my_pkg.my_method`: a module
whose entry point is named like it, or `my_pkg.methods.mine`: a function of a
module) and a callable are accepted wherever a name is, so that a method of
the user needs no fork.
"""

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

from jaxsparse.core import choices


def names(package: str) -> tuple[str, ...]:
  """Returns the names that `resolve` accepts for `package`, sorted.

  These are the modules of a package, folders in it excepted, or the public
  functions of a single module.
  """
  home = importlib.import_module(package)
  if hasattr(home, '__path__'):
    modules = pkgutil.iter_modules(home.__path__)
    candidates = [info.name for info in modules if not info.ispkg]
  else:
    candidates = [
      name
      for name, fn in inspect.getmembers(home, inspect.isfunction)
      if fn.__module__ == package
    ]
  return tuple(sorted(n for n in candidates if not n.startswith('_')))


def resolve(spec: str | Callable[..., Any], package: str) -> Callable[..., Any]:
  """Returns the function that `spec` names.

  Args:
    spec: a module name of `package`, a dotted path, or a callable (returned
      as it is).
    package: where bare names are looked up, e.g. `'jaxsparse.updaters'`.

  Raises:
    ValueError: the name is not known; lists the accepted names.
  """
  if callable(spec):
    return spec
  if isinstance(spec, str) and '.' in spec:
    return _dotted(spec)
  if spec not in names(package):
    kind = package.rsplit('.', 1)[-1]
    raise ValueError(
      f'{spec!r} is not one of {kind}: {", ".join(names(package))},'
      f' or a dotted path.{choices.nearest(str(spec), names(package))}'
    )
  home = importlib.import_module(package)
  if hasattr(home, '__path__'):
    home = importlib.import_module(f'{package}.{spec}')
  return getattr(home, spec)


def _dotted(spec: str) -> Callable[..., Any]:
  parent, _, name = spec.rpartition('.')
  for module, attribute in ((spec, name), (parent, name)):
    try:
      module_spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
      module_spec = None
    if module_spec is not None:
      target = getattr(importlib.import_module(module), attribute, None)
      if callable(target):
        return target
  raise ValueError(
    f'{spec!r} names no function: neither a module {spec!r} with a function'
    f' {name!r}, nor a function {name!r} in a module {parent!r}'
  )


def parameters(fn: Callable[..., Any]) -> dict[str, inspect.Parameter]:
  """Returns the hyperparameters of a builder: its keyword-only parameters.

  Those of its `options` come after: a function, an attribute of the builder,
  from what it builds to another such thing.
  """
  own = {
    name: p
    for name, p in inspect.signature(fn).parameters.items()
    if p.kind is inspect.Parameter.KEYWORD_ONLY
  }
  options = getattr(fn, 'options', None)
  return own if options is None else own | parameters(options) | own


def build(fn: Callable[..., Any], *args: Any, **hyperparameters: Any) -> Any:
  """Calls a builder, then its `options`, each with what it takes."""
  options = getattr(fn, 'options', None)
  if options is None:
    return fn(*args, **hyperparameters)
  own, extra = inspect.signature(fn).parameters, parameters(options)
  built = fn(
    *args,
    **{k: v for k, v in hyperparameters.items() if k in own or k not in extra},
  )
  return options(
    built, **{k: v for k, v in hyperparameters.items() if k in extra}
  )
