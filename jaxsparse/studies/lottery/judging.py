"""The study that a verdict on tickets needs, and the verdict on its results."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse.runs import outline, reading, workdir
from jaxsparse.runs.build import build
from jaxsparse.studies.lottery.study import Rounds, lottery
from jaxsparse.studies.planning.pairing import LEVEL
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Against, Run, Study
from jaxsparse.tickets import record, verdict_table
from jaxsparse.tickets.verdict import (
  LIMITS,
  Arms,
  Limits,
  TicketVerdict,
  judge,
)

RATE = 'optimizer.learning_rate'
# The runs of each arm of the verdict.
_ARMS = {
  'dense': 'dense_at',
  'ticket': 'ticket_at',
  'reinit': 'reinit_at',
  'small_dense': 'small_dense_at',
}


def study(
  config: str,
  overrides: Mapping[str, Any] | None = None,
  *,
  level: int,
  rates: Sequence[float],
  rounds: Rounds | None = None,
  one_shot: bool = False,
  seeds: int | tuple[int, ...] = 3,
) -> Study:
  """Returns the sweep over learning rates that a verdict needs.

  Tickets are found at the rate of the config; they, nets drawn anew in their
  masks, dense nets and small dense nets of as many parameters are then trained
  at each rate.

  Args:
    config: of the dense net, as `--config` takes it.
    overrides: changes to it.
    level: of the tickets that are judged, >= 1.
    rates: learning rates.
    rounds: of the search, by default those of `Rounds`; its levels are not
      read.
    one_shot: whether tickets are cut from the dense net in one step.
    seeds: as of `Run`.

  Raises:
    ValueError: as for `lottery`, or no rates.
  """
  if not rates:
    raise ValueError('rates: got none; accepted are one or more')
  one_shot = one_shot or level == 1
  ticket, reinit = 'ticket', 'reinit'
  if one_shot:
    ticket, reinit = 'one_shot', 'one_shot_reinit'
  levels = (level,) if one_shot else tuple(range(1, level + 1))
  sweep = lottery(
    config,
    overrides,
    rounds=dataclasses.replace(rounds or Rounds(), levels=levels),
    arms=(ticket, reinit, 'small_dense'),
    seeds=seeds,
  )
  grid = {RATE: tuple(sorted(rates))}
  small = sweep.run('small_dense')
  (field, values), *_ = small.grid.items()
  at = {
    'dense_at': _at(sweep.run('dense'), {}, grid),
    'ticket_at': _at(sweep.run(ticket), {LEVEL: level}, grid),
    'reinit_at': _at(sweep.run(reinit), {LEVEL: level}, grid),
    'small_dense_at': _at(small, {field: values[-1]}, grid),
  }
  search = [sweep.run('dense')]
  if not one_shot:
    chain = sweep.run('ticket')
    search.append(dataclasses.replace(chain, grid={LEVEL: levels[:-1]}))
  return Study(
    title=f'Verdict on tickets of {config} at level {level}',
    source='the conditions of Ma et al. 2021',
    runs=(
      *search,
      *(dataclasses.replace(run, name=name) for name, run in at.items()),
    ),
    figures=(Against(RATE, runs=tuple(at)),),
  )


def _at(run: Run, fields: Mapping[str, Any], grid: Mapping[str, Any]) -> Run:
  overrides = {k: v for k, v in run.overrides.items() if k != RATE}
  return dataclasses.replace(
    run,
    overrides={**overrides, **fields},
    grid=grid,
    label=f'{run.display_name}, by rate',
  )


def verdict(results: Results, limits: Limits | None = None) -> TicketVerdict:
  """Judges the tickets of a study of `study`, and writes it to their workdirs.

  Args:
    results: of the study.
    limits: of the conditions; by default those of the data set.

  Raises:
    ValueError: there is no ticket to judge.
    SaveFailed: the verdict cannot be written.
  """
  tickets = [
    (member.root, member.summary)
    for row in results.study.run('ticket_at').rows()
    for member in results.of(row)
    if member.summary is not None and member.root is not None
  ]
  if not tickets:
    raise ValueError('no ticket was trained; accepted is one or more')
  root, summary = tickets[0]
  experiment = build(workdir.read_config(root), reading.describe)
  name = experiment.config.data.name
  judgement = judge(
    Arms(**{arm: _accuracies(results, run) for arm, run in _ARMS.items()}),
    sparsity=summary['sparsity'],
    epochs=float(outline.size(experiment).epochs),
    limits=limits or LIMITS.get(str(name), Limits()),
  )
  lines = verdict_table.text(judgement).splitlines()
  for root, _ in tickets:
    record.write_verdict(root, {'verdict': judgement.result, 'text': lines})
  return judgement


def _accuracies(results: Results, name: str) -> dict[float, list[float | None]]:
  """Returns the accuracies of a run in % by learning rate, seed by seed."""
  by_rate = {}
  for row in results.study.run(name).rows():
    summaries = [member.summary for member in results.of(row)]
    by_rate[dict(row.point)[RATE]] = [
      None if one is None else 100 * one['test_accuracy'] for one in summaries
    ]
  return by_rate
