"""The runs of Wang et al. 2020 (GraSP) and of its critics, by their names.

A name is an arm of `_arms.py`, a method of the configs, or one of those that
start from the dense run: `obd`, `lottery` and `lottery_epoch5`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from jaxsparse.claims import Claim, with_texts
from jaxsparse.studies.spec import Against, Analysis, Figure, Run, Study

from ._arms import TOGETHER, Overrides, arm
from ._nets import NUMBERS, SPARSITY, Net

# Whose weights are reset, or pruned.
_DENSE = {'init.checkpoint': '{dense}'}
# The largest weights of the dense net: masks alone are taken from this run.
_ONE_SHOT = {
  **_DENSE,
  **TOGETHER,
  'updater.name': 'magnitude_at_init',
  'num_epochs': None,
  'num_steps': 1,
}
_OBD = {
  **_DENSE,
  **TOGETHER,
  'optimizer.learning_rate': 0.01,
  'scoring.per_class': 0,
  'scoring.batches': 8,
}
_MOVING = {'set': 'SET', 'dsr': 'DSR', 'deep_r': 'Deep-R'}


def runs(
  net: Net,
  names: Iterable[str],
  sparsities: tuple[float, ...],
  *,
  own: Overrides | None = None,
  seeds: int = 3,
) -> tuple[Run, ...]:
  """Builds the runs of a table, with the paper's numbers.

  Args:
    net: the model with its settings.
    names: of the runs.
    sparsities: columns of the table; the dense net has none.
    own: config fields of every run.
    seeds: number of seeds of each; the paper has 3.
  """
  return tuple(
    run(net, name, {SPARSITY: sparsities}, own=own, seeds=seeds)
    for name in names
  )


def run(
  net: Net,
  name: str,
  grid: Mapping[str, tuple[Any, ...]],
  *,
  own: Overrides | None = None,
  seeds: int = 3,
) -> Run:
  """Builds a run over a grid, which dense nets have none of.

  Args:
    net: the model with its settings.
    name: of the run.
    grid: as in `spec.Run`.
    own: config fields that override those of the run.
    seeds: as in `spec.Run`.
  """
  method, label, fields = _described(net, name)
  return Run(
    name,
    f'{net.config}:{method}',
    {**net.overrides, **fields, **(own or {})},
    {} if name == 'dense' else grid,
    seeds,
    label,
    paper=_paper(net, name, grid),
  )


def _described(net: Net, name: str) -> tuple[str, str, Overrides]:
  """Returns method of the config, label and fields of a run."""
  masks = {**_DENSE, 'init.masks': '{pruned}', 'init.counts': 'masks'}
  match name:
    case 'dense':
      return 'dense', 'dense', {'checkpoint.keep_steps': (net.five_epochs,)}
    case 'pruned':
      return 'static', 'masks of the tickets (one step)', _ONE_SHOT
    case 'obd':
      return 'obd', 'OBD', _OBD
    case 'lottery':
      start = {'init.checkpoint_step': 0}
      return 'static', 'LT, original init', masks | start
    case 'lottery_epoch5':
      start = {'init.checkpoint_step': net.five_epochs}
      return 'static', 'LT, reset to epoch 5', masks | start
  if name in _MOVING:
    return name, _MOVING[name], {}
  label, fields = arm(name)
  if name == 'smart_ratio':
    return 'static', label, {**fields, **net.ticket}
  scoring = net.scoring if 'scoring.per_class' in fields else {}
  return 'static', label, {**TOGETHER, **fields, **scoring}


def _paper(
  net: Net, name: str, grid: Mapping[str, tuple[Any, ...]]
) -> Mapping[str, Any]:
  """Returns the paper's numbers of a run at the points of its grid."""
  numbers = net.printed.get('grasp' if name == 'grasp_code' else name, {})
  if name == 'dense':
    return numbers
  if tuple(grid) != (SPARSITY,):
    return {}
  return {
    metric: {s: at[s] for s in grid[SPARSITY] if s in at}
    for metric, at in numbers.items()
  }


def table(
  net: Net,
  runs: tuple[Run, ...],
  *,
  title: str,
  source: str,
  claims: Mapping[str, Claim],
  metrics: tuple[str, ...] = ('test_accuracy',),
  across: str = SPARSITY,
  figures: tuple[Figure, ...] = (Against(SPARSITY),),
  analyses: tuple[Analysis, ...] = (),
  notes: str = '',
) -> Study:
  """Builds the study of a net.

  Args:
    net: the model with its settings.
    runs: from `runs` or `run`.
    title: what the study is about; that of the net comes before it.
    source: of the table.
    claims: their text -> the claim.
    metrics: as in `spec.Study`, like what follows.
    across: a grid field whose values are columns, or ''.
    figures: in the report.
    analyses: of its runs.
    notes: printed below the table, before those on the paper's numbers.
  """
  return Study(
    f'{net.title}: {title}',
    runs,
    source,
    metrics=metrics,
    across=across,
    figures=figures,
    claims=with_texts(dict(claims)),
    analyses=analyses,
    notes=f'{notes} {NUMBERS}'.lstrip() if net.printed else notes,
  )
