"""How much gradient reaches each layer of a net that a finished run keeps."""

import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.analysis import gradient_flow as flow_lib
from jaxsparse.analysis.gradient_flow import GradientFlow
from jaxsparse.analysis.products import BatchLoss
from jaxsparse.analysis.solutions import Solution
from jaxsparse.core import paths
from jaxsparse.core.masks import active
from jaxsparse.experiments import figures, finished, learning_rate, measures
from jaxsparse.experiments.analyses import _looks
from jaxsparse.experiments.findings import Finding, Part
from jaxsparse.experiments.finished import Finished
from jaxsparse.experiments.studies.figures import looks
from jaxsparse.experiments.studies.figures.looks import Drawn

_PANELS = {
  'gradient_norm': 'norm of the masked gradient',
  'per_weight': 'root mean square of an active weight’s',
}


def gradient_flow(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int | None = None,
  examples: int = 1000,
) -> Finding:
  """The masked gradient at a step that is kept (Evci et al. 2022).

  What probes record as a run trains (`gradient_flow.interval`), of any step
  and any number of examples; in evaluation mode.

  Args:
    workdirs: of the run.
    step: one that the run keeps (0, the last few, `checkpoint.keep_steps`);
      the last by default.
    examples: the first so many of the training split.

  Returns:
    `gradient_norm`, `effective_gradient_flow` (the mean norm of masked
    leaves), `gradient_norm_per_weight`, `loss` in nats, and
    `first_order_decrease`, what a gradient step at the learning rate there
    lowers the loss by, to first order. And a table by leaf.

  Raises:
    ValueError: not one finished run, a step that is not kept, or `examples`
      below 1.
  """
  (run,) = finished.load_each(workdirs, count=1)
  net = finished.solution(run, step)
  found = _flow(run, net, examples)
  at = run.last_step if step is None else step
  decrease = -flow_lib.first_order_change(
    found.norm, learning_rate=_rate(run, at)
  )
  norms = {p: float(norm) for p, norm in paths.flatten(found.leaves).items()}
  weights = {
    path: int(np.size(leaf)) for path, leaf in paths.flatten(net.params).items()
  } | {path: int(n) for path, n in paths.flatten(active(net.masks)).items()}
  counts = np.array([weights[path] for path in norms])
  return Finding(
    {
      'gradient_norm': float(found.norm),
      'effective_gradient_flow': float(found.layer_mean),
      'gradient_norm_per_weight': float(found.per_weight),
      'loss': float(found.loss),
      'first_order_decrease': float(decrease),
    },
    {
      'leaf': np.array(list(norms)),
      'active': counts,
      'gradient_norm': np.array(list(norms.values())),
      'per_weight': np.array(list(norms.values()))
      / np.sqrt(np.maximum(counts, 1)),
    },
  )


def _flow(run: Finished, net: Solution, examples: int) -> GradientFlow:
  splits = measures.train_batches(run, examples)
  total = sum(len(split.labels) for split in splits)
  gradient = _gradient(measures.batch_loss(run))
  parts = []
  for split in splits:
    share = np.float32(len(split.labels) / total)
    found = gradient(net.params, (split, net.model_state))
    parts.append(jax.tree.map(lambda x, share=share: share * x, found))
  loss, grads = jax.tree.map(lambda *x: jnp.sum(jnp.stack(x), 0), *parts)
  return flow_lib.flow_of_gradient(loss, grads, net.masks)


@functools.lru_cache(maxsize=32)
def _gradient(loss: BatchLoss) -> Callable[..., Any]:
  return jax.jit(jax.value_and_grad(loss))


def _rate(run: Finished, step: int) -> float:
  """The learning rate of the step that comes after so many."""
  shape = learning_rate.shape(
    run.experiment.config['optimizer'], run.experiment.plan.num_steps
  )
  member = run.experiment.members[run.replicate]
  return float(member.optimizer['learning_rate'] * shape(jnp.int32(step)))


def draw_gradient_flow(parts: Sequence[Part]) -> Drawn:
  """By leaf: the norm of all its gradient, and that of one weight's."""
  figure, axes = figures.panels(len(_PANELS), height=3.9)
  groups = _looks.groups(parts)
  leaves = max((part.table['leaf'] for part in parts), key=len)
  said = []
  for ax, (column, name) in zip(axes, _PANELS.items(), strict=True):
    shown = {
      label: _looks.over(
        np.arange(len(tables[0]['leaf'])), [t[column] for t in tables]
      )
      for label, (_, tables) in groups.items()
    }
    figures.log_scale(ax, list(shown.values()))
    for label, values in shown.items():
      style = groups[label][0] | {'linestyle': ''}  # Leaves are no steps.
      figures.line(ax, values, label=label, **style, marker='o')
      said.append(f'{label}, {name}, first leaf {values.mean[0]:.3g}')
    ax.set_xticks(range(len(leaves)), leaves, rotation=40, ha='right')
    ax.set_title(name, fontsize=9, loc='left')
  looks.figure_legend(figure, beside=False)
  title = 'Gradient by leaf'
  return Drawn(
    'gradient-flow',
    title,
    looks.sentence(
      [
        'The gradient of the training loss, of active weights alone',
        'means over seeds, bands are one sample standard deviation to each'
        ' side',
      ]
    ),
    f'Chart: {title}. {looks.sentence(said)}',
    figure,
  )
