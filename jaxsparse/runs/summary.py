"""The final numbers of a run: `summary.json`, and a table of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse.config import identity
from jaxsparse.core.types import Path
from jaxsparse.runs import versions
from jaxsparse.runs.build import Experiment, total_sizes
from jaxsparse.training.executors import Execution

Summary = dict[str, Any]


def sparsity(experiment: Experiment, active: dict[Path, int]) -> float:
  """Returns the fraction of zeros over all masked leaves, in [0, 1]."""
  return 1 - sum(active.values()) / sum(total_sizes(experiment).values())


def layer_sparsity(
  experiment: Experiment, active: dict[Path, int]
) -> dict[Path, float]:
  """Returns the fraction of zeros in each masked leaf, in [0, 1]."""
  return {p: 1 - active[p] / n for p, n in total_sizes(experiment).items()}


def summarise(
  experiment: Experiment,
  *,
  scores: Mapping[str, float],
  active: dict[Path, int],
  steps_per_second: float,
  wall_seconds: float,
  execution: Execution,
  flops: Mapping[str, float | None] = {},
) -> Summary:
  """Returns the content of `summary.json`.

  Args:
    experiment: the run.
    scores: from `Scores.final`.
    active: active weights of each masked leaf at the end.
    steps_per_second: compilation excluded.
    wall_seconds: from start to end, over all processes of the run. Runs that
      are trained together divide it among them.
    execution: how the steps were executed.
    flops: costs of inference and training, as fractions; see `costs.of_run`.
  """
  sizes = total_sizes(experiment)
  total, num_active = sum(sizes.values()), sum(active.values())
  return {
    **scores,
    'sparsity': 1 - num_active / total,
    'active_weights': num_active,
    'total_weights': total,
    'layer_sparsity': layer_sparsity(experiment, active),
    **flops,
    'steps': experiment.plan.length,
    'steps_per_second': round(steps_per_second, 2),
    'wall_seconds': round(wall_seconds, 2),
    'execution': execution._asdict(),
    'config_digest': identity.digest(experiment.config),
    'made_with': versions.made_with(),
  }


def table(summary: Summary) -> str:
  """Formats a summary as a small table."""
  rows = [
    *(
      (f'{split} {kind}', formatted(score))
      for kind, formatted in (
        ('accuracy', lambda score: f'{100 * score:.2f} %'),
        ('bits', lambda score: f'{score:.3f} a character'),
      )
      for split in ('test', 'validation')
      if (score := summary.get(f'{split}_{kind}')) is not None
    ),
    ('sparsity', f'{summary["sparsity"]:.4f}'),
    (
      'active weights',
      f'{summary["active_weights"]:,} of {summary["total_weights"]:,}',
    ),
    *(
      (f'  {path}', f'{s:.4f}') for path, s in summary['layer_sparsity'].items()
    ),
    *(
      (f'{what} FLOPs', f'{share:.4f} of dense')
      for what in ('inference', 'training')
      if (share := summary.get(f'{what}_flops')) is not None
    ),
    ('steps', f'{summary["steps"]:,}'),
    ('steps per second', f'{summary["steps_per_second"]:,.0f}'),
    ('wall seconds', f'{summary["wall_seconds"]:.1f}'),
    ('config digest', summary['config_digest']),
  ]
  return columns(rows)


def columns(rows: Sequence[tuple[str, str]]) -> str:
  """Formats `(name, value)` rows, one per line, the values in one column."""
  width = max(len(name) for name, _ in rows)
  return '\n'.join(f'{name:<{width}}  {value}' for name, value in rows)
