"""Ranges of a search: `--search config.optimizer.learning_rate=...`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jaxsparse.config import literals, settings

ACCEPTED = (
  'LOW:HIGH, log:LOW:HIGH, int:LOW:HIGH[:STEP], or values with commas between'
  ' them'
)
# The objective is a mean over seeds, on the same data in every trial.
_FIXED = ('seed', 'replicates', 'num_epochs', 'num_steps', 'multiplier')


class Dimension(NamedTuple):
  """The values that a field may take in a search.

  Attributes:
    kind: 'float', 'int' or 'choice'.
    low: the lowest value; of a choice `None`, like `high`.
    high: the highest, inclusive.
    log: whether the logarithm is drawn evenly.
    step: between neighbouring ints.
    choices: all values, of a choice.
  """

  kind: str
  low: Any = None
  high: Any = None
  log: bool = False
  step: int = 1
  choices: tuple[Any, ...] = ()

  def suggest(self, trial: Any, field: str) -> Any:
    """Draws a value of a field by an Optuna trial."""
    if self.kind == 'choice':
      # By its index: Optuna accepts few types of choices.
      indices = list(range(len(self.choices)))
      return self.choices[trial.suggest_categorical(field, indices)]
    if self.kind == 'int':
      return trial.suggest_int(
        field, self.low, self.high, step=self.step, log=self.log
      )
    return trial.suggest_float(field, self.low, self.high, log=self.log)


def space(config: Any, said: Sequence[str]) -> dict[str, Dimension]:
  """Parses `--search` into dotted field -> dimension.

  Args:
    config: a `ConfigDict` made by `config.default_config`.
    said: texts like 'config.updater.drop_fraction=0.1:0.5'.

  Raises:
    ValueError: an unknown field, a range that is none, or a value that the
      field does not accept.
  """
  texts = settings.by_field(said, 'search')
  for field in texts:
    if field in _FIXED or field.startswith(('data.', 'eval.')):
      raise ValueError(
        f'--search: config.{field}: every trial has the same seeds, steps, data'
        ' and evaluation; accepted are the fields of methods and optimisers'
      )
  values = settings.known_fields(config, texts, 'search')
  return {f: dimension(f, texts[f], values[f]) for f in texts}


def dimension(field: str, text: str, like: Any) -> Dimension:
  """Parses the range or the choices of a field.

  Args:
    field: dotted.
    text: see `ACCEPTED`.
    like: a value of the field, whose type the parsed ones must have.

  Raises:
    ValueError: see `space`.
  """
  parts = literals.split(text, ':')
  word = parts[0] if parts[0] in ('log', 'int') else ''
  ends = parts[1:] if word else parts
  if len(ends) == 1 and not word:
    choices = settings.values(field, text, like)
    if len(choices) < 2:
      raise _refused(field, text)
    return Dimension('choice', choices=choices)
  if len(ends) != 2 and not (word == 'int' and len(ends) == 3):
    raise _refused(field, text)
  numbers = [settings.value(field, end, like) for end in ends[:2]]
  step = literals.literal(ends[2]) if len(ends) == 3 else 1
  return _range(field, text, word, numbers, step)


def _range(
  field: str, text: str, word: str, numbers: Sequence[Any], step: Any
) -> Dimension:
  low, high = numbers
  kinds = {type(low), type(high), type(step)}
  integers = kinds == {int}
  if not kinds <= {int, float} or (word == 'int' and not integers):
    raise _refused(field, text)
  if not low < high or step < 1 or (word == 'log' and low <= 0):
    raise _refused(field, text)
  kind = 'int' if integers else 'float'
  return Dimension(kind, low, high, log=word == 'log', step=step)


def _refused(field: str, text: str) -> ValueError:
  return ValueError(
    f'--search: config.{field}: got {text!r}; accepted is {ACCEPTED}, the low'
    ' end below the high one (and above 0 under log)'
  )


def command_line(point: Mapping[str, Any]) -> str:
  """Returns a point as command-line flags, with all digits."""
  return ' '.join(f'--config.{field}={v}' for field, v in point.items())
