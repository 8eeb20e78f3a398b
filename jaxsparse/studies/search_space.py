"""What a search draws, and by which metric it judges."""

from collections.abc import Collection, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from jaxsparse.config import literals, overrides
from jaxsparse.config.resolve import resolve
from jaxsparse.runs import reading

ACCURACY, BITS = 'validation_accuracy', 'validation_bits'
ACCEPTED = (
  'LOW:HIGH, log:LOW:HIGH, int:LOW:HIGH[:STEP], or values with commas between'
  ' them'
)
# The objective is a mean over seeds, on the same data in every trial.
_FIXED = ('seed', 'num_epochs', 'num_steps', 'multiplier')


class Dimension(NamedTuple):
  """The values that a field may take in a search.

  Attributes:
    distribution: of Optuna, over numbers or over the keys of `choices`.
    choices: text -> value. Optuna stores few types of choices, text is one.
  """

  distribution: Any
  choices: Mapping[str, Any] = {}

  def value(self, drawn: Any) -> Any:
    """Returns the value of the field for one drawn by `distribution`."""
    return self.choices.get(drawn, drawn)


def judge(config: Any, swept: Collection[str]) -> str:
  """Returns the metric by which trials of a config are judged.

  Args:
    config: the base of all trials.
    swept: the fields of `--sweep`; a trial has all seeds and nothing else.

  Raises:
    ValueError: other fields are swept, or there is no validation split.
  """
  for field in set(swept) - {'seed'}:
    raise ValueError(
      f'--sweep: config.{field}: with --search accepted is config.seed alone'
    )
  if config.data.sequence_length:
    if reading.describe(resolve(config).data).validation is None:
      raise ValueError(
        f'config.data.name: got {config.data.name!r}, which has one split'
        ' beside that of training; a search is judged on validation, never on'
        ' test, so accepted is a text with both'
      )
    return BITS
  if not (config.data.validation > 0 or _has_validation(config)):
    raise ValueError(
      f'config.data.validation: got {config.data.validation}; a search is'
      ' judged on a validation split, never on test, so accepted is > 0 (0.2'
      ' sets a fifth of the training images aside)'
    )
  return ACCURACY


def _has_validation(config: Any) -> bool:
  """Returns whether the data, of the user's own, have a validation split."""
  return reading.describe(resolve(config).data).validation is not None


def optuna() -> ModuleType:
  """Imports Optuna.

  Raises:
    ValueError: it is not installed.
  """
  try:
    import optuna
  except ImportError:
    raise ValueError(
      "--search needs Optuna, which pip install 'jaxsparse[tune]' brings"
    ) from None
  optuna.logging.set_verbosity(optuna.logging.WARNING)
  return optuna


def space(config: Any, flags: Sequence[str]) -> dict[str, Dimension]:
  """Parses `--search` into dotted field -> dimension.

  Args:
    config: a `ConfigDict` made by `config.default_config`.
    flags: texts like 'config.updater.drop_fraction=0.1:0.5'.

  Raises:
    ValueError: Optuna is not installed, an unknown field, a range that is none,
      or a value that the field does not accept.
  """
  texts = overrides.by_field(flags, 'search')
  for field in texts:
    if field in _FIXED or field.startswith(('data.', 'eval.')):
      raise ValueError(
        f'--search: config.{field}: every trial has the same seeds, steps, data'
        ' and evaluation; accepted are the fields of methods and optimisers'
      )
  values = overrides.current_values(config, texts, 'search')
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
  distributions = optuna().distributions
  refusal = ValueError(
    f'--search: config.{field}: got {text!r}; accepted is {ACCEPTED}, the low'
    ' end below the high one (and above 0 under log)'
  )
  parts = literals.split(text, ':')
  word = parts.pop(0) if parts[0] in ('log', 'int') else ''
  if len(parts) == 1 and not word:
    choices = {str(v): v for v in overrides.values(field, text, like)}
    if len(choices) < 2:
      raise refusal
    return Dimension(
      distributions.CategoricalDistribution(tuple(choices)), choices
    )
  if len(parts) != 2 and not (word == 'int' and len(parts) == 3):
    raise refusal
  low, high = (overrides.value(field, end, like) for end in parts[:2])
  step = literals.literal(parts[2]) if parts[2:] else 1
  kinds = {type(low), type(high), type(step)}
  integers, log = kinds == {int}, word == 'log'
  if not kinds <= {int, float} or (word == 'int' and not integers):
    raise refusal
  if not low < high or step < 1 or (log and low <= 0):
    raise refusal
  if integers:
    return Dimension(distributions.IntDistribution(low, high, log, step))
  return Dimension(distributions.FloatDistribution(low, high, log))


def command_line(point: Mapping[str, Any]) -> str:
  """Returns a point as command-line flags, with all digits."""
  return ' '.join(f'--config.{field}={v}' for field, v in point.items())
