"""Metrics of a study: members' numbers, with label, unit and format."""

import math
import re
from collections.abc import Mapping, Sequence

from jaxsparse import metrics as metrics_lib
from jaxsparse.metrics import Metric
from jaxsparse.results import quantities
from jaxsparse.results.names import MINUS
from jaxsparse.results.rows import MemberResult, Pooled, Row

# Prefix of an entry -> the split in words.
_SPLITS = {'test': 'test', 'validation': 'validation', 'eval': 'evaluation'}
# Entries with a number for each level.
_BY_LEVEL = ('test_barrier', 'train_barrier')
_KNOWN = (
  Metric('ensemble_accuracy', 'ensemble accuracy', 100.0, '%'),
  Metric('ensemble_gain', 'gain of the ensemble', 100.0, 'points'),
  Metric(
    'jensen_shannon',
    'Jensen-Shannon divergence',
    unit='nats',
    digits=4,
    powers=True,
  ),
  Metric('sparsity', 'sparsity', 100.0, '%', exact=True),
  Metric('active_weights', 'active weights', digits=0, exact=True),
  Metric('total_weights', 'weights', digits=0, exact=True),
  Metric('exploration_rate', 'weights ever active', 100.0, '%'),
  Metric('mask_churn', 'dropped by a mask step', 100.0, '%'),
  Metric('dead_inputs', 'dead inputs', digits=1),
  Metric('dead_outputs', 'dead outputs', digits=1),
  Metric('inference_flops', 'inference FLOPs', digits=4, exact=True),
  Metric('training_flops', 'training FLOPs', digits=4, exact=True),
  Metric('forward_flops', 'FLOPs of an example', digits=0, exact=True),
  Metric('dense_forward_flops', 'when dense', digits=0, exact=True),
  Metric('dense_bytes', 'bytes when dense', digits=0, exact=True),
  Metric('bitmask_bytes', 'bytes with a bit mask', digits=0, exact=True),
  Metric('csr_bytes', 'bytes in compressed rows', digits=0, exact=True),
  Metric('inputs_left', 'inputs left', digits=0),
  Metric('units_left_1', 'units left in layer 1', digits=0),
  Metric('units_left_2', 'units left in layer 2', digits=0),
  Metric('compressed_flops', 'FLOPs of what is left', digits=0),
  Metric('compressed_bytes', 'bytes of what is left', digits=0),
  Metric('compressed_sparsity', 'sparsity of what is left', 100.0, '%'),
  Metric(
    'negative_eigenvalues_before', 'negative eigenvalues before', digits=1
  ),
  Metric('negative_eigenvalues_after', 'negative eigenvalues after', digits=1),
  *(
    Metric(
      f'negative_share_{side}{suffix}',
      f'share of negative eigenvalues {side}{examples}',
      100.0,
      '%',
    )
    for suffix, examples in (('', ''), ('_all', ', all examples'))
    for side in ('before', 'after')
  ),
  *(
    Metric(name, name.replace('_', ' '), 100.0, 'points')
    for split in ('test', 'train')
    for name in (
      f'{split}_instability',
      f'{split}_barrier',
      f'highest_{split}_barrier',
    )
  ),
  Metric('lowest_density', 'lowest density of a layer', 100.0, '%'),
  Metric('highest_density', 'highest density of a layer', 100.0, '%'),
  Metric('empty_layers', 'layers without an active weight', digits=0),
  Metric('effective_sparsity', 'effective sparsity', 100.0, '%'),
  Metric('direct_sparsity', 'direct sparsity', 100.0, '%', exact=True),
  Metric('connected_outputs', 'outputs that a path reaches', 100.0, '%'),
  Metric(
    'gradient_norm_ratio',
    'gradient norm, relative to the dense net',
    digits=3,
    significant=True,
  ),
  Metric(
    'squared_gradient_norm_ratio',
    'squared gradient norm, relative to the dense net',
    digits=3,
    significant=True,
  ),
  *(
    Metric(f'sign_agreement_{when}', f'agreement of signs {what}', 100.0, '%')
    for when, what in (
      ('at_init', 'of the starts'),
      ('at_end', 'of the ends'),
      ('with_other_end', 'of the start with the other’s end'),
      ('over_training', 'of the start with the end'),
    )
  ),
  Metric(
    'logit_deviation',
    'standard deviation of logits',
    digits=3,
    significant=True,
  ),
  # Entries of `metrics.jsonl`.
  Metric('train_accuracy', 'training accuracy', 100.0, '%'),
  Metric('layer_sparsity', 'sparsity', 100.0, '%'),
  Metric('layer_active', 'active weights', digits=0),
  Metric('eval_loss', 'evaluation loss', 1.0, 'nats', 4, powers=True),
  Metric('learning_rate', 'learning rate', digits=4, powers=True),
  Metric('loss', 'training loss', 1.0, 'nats', 4, powers=True),
  Metric('test_loss', 'test loss', 1.0, 'nats', 4, powers=True),
  Metric('probe_loss', 'probe loss', 1.0, 'nats', 4, powers=True),
  Metric(
    'gradient_norm_after-gradient_norm_before',
    'gradient norm after − before mask updates',
    digits=4,
    powers=True,
  ),
)


def metric(name: str) -> Metric:
  """Returns the label, unit and format of a metric by its name.

  Names are those of `quantities`; `test_top5` is the metric `top5` on the test
  split, and `test_barrier_3` the barrier of level 3. Entries that an analysis
  adds have their name as label, and no unit.
  """
  split, _, of_split = name.partition('_')
  evaluated = metrics_lib.named(of_split) if split in _SPLITS else None
  if evaluated is not None:
    label = f'{_SPLITS[split]} {evaluated.label}'
    return evaluated._replace(name=name, label=label)
  by_name = {m.name: m for m in _KNOWN}
  plain = Metric(name, name.replace('_', ' '), digits=4, powers=True)
  entry, _, level = name.rpartition('_')
  if entry in _BY_LEVEL and level.isdecimal():
    label = f'{by_name[entry].label} {level}'
    return by_name[entry]._replace(name=name, label=label)
  if name in by_name or not re.search('[-@.]', name):
    return by_name.get(name, plain)
  try:
    quantity = quantities.parse(name)
  except ValueError:  # A user's analysis may name a number so.
    return plain
  if quantity.steps:
    of_entry = metric(name.partition('@')[0])
    label = f'{of_entry.label} {_when(*quantity.steps)}'
    return of_entry._replace(name=name, label=label)
  if not quantity.less:
    entry, _, leaf = name.partition('.')
    of_entry = metric(entry)
    return of_entry._replace(name=name, label=f'{of_entry.label} of {leaf}')
  one, less = metric(quantity.entry), metric(quantity.less)
  return one._replace(
    name=name,
    label=f'{one.label} {MINUS} {less.label}',
    unit=one.difference_unit,
    exact=one.exact and less.exact,
  )


def _when(first: int, last: int) -> str:
  """Returns 'at step 500', or 'over steps 200 to 1,400'."""
  if first == last:
    return f'at step {first:,}'
  return f'over steps {first:,} to {last:,}'


def value(member: MemberResult, name: str) -> float | None:
  """Returns a member's number in displayed units; `None` if it has none."""
  summary = member.summary or {}
  quantity = quantities.parse(name)
  if quantity.steps:  # The study copied it from the records.
    quantity = quantities.Quantity(name)
  number = quantity.of(summary)
  return None if number is None else metric(name).scale * number


def pooled(
  pools: Mapping[Row, Mapping[str, Pooled]], row: Row, name: str
) -> Pooled | None:
  """Returns a row's pooled number in displayed units; `None` if it has none."""
  number = pools.get(row, {}).get(name)
  if number is None or not math.isfinite(number.value):
    return None
  scale = metric(name).scale
  std = None if number.std is None else scale * number.std
  parts = tuple(scale * part for part in number.parts)
  return Pooled(scale * number.value, std, number.n, parts)


def values(members: Sequence[MemberResult], name: str) -> list[float]:
  """Returns the numbers of the members that have one, by seed."""
  numbers = (value(member, name) for member in members)
  return [v for v in numbers if v is not None]
