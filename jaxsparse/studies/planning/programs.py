"""Counts the programs that members compile, without compiling any.

Members that differ only in the values of numbers use the same programs. A
program is counted once per set of functions and array shapes.
"""

from collections.abc import Hashable, Iterable

from jaxsparse.data.datasets import Split
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import dispatch

KINDS = ('train step', 'mask step', 'evaluation', 'probe')


def count(experiments: Iterable[Experiment]) -> dict[str, int]:
  """Counts the programs that all experiments compile, by kind of program."""
  distinct: dict[str, set[Hashable]] = {kind: set() for kind in KINDS}
  for experiment in experiments:
    for kind, program in _programs(experiment):
      distinct[kind].add(program)
  return {kind: len(programs) for kind, programs in distinct.items()}


def _programs(experiment: Experiment) -> Iterable[tuple[str, Hashable]]:
  plan, config, data = experiment.plan, experiment.config, experiment.dataset
  step = experiment.recipe, config['batch_size'], _shapes(data.train)
  form = dispatch(experiment), plan.chunk
  yield 'train step', (step, form)
  if plan.mask_steps:
    yield 'mask step', step
  task = experiment.task, experiment.pixels
  for split in (experiment.eval_split, data.test):
    batch = config['eval']['batch_size']
    yield 'evaluation', (task, batch, _shapes(split))
  if plan.probe_interval or plan.probe_updates:
    size = min(config['gradient_flow']['probe_size'], len(data.train.labels))
    yield 'probe', (task, size, _shapes(data.train))


def _shapes(split: Split) -> Hashable:
  return split.images.shape, split.labels.shape
