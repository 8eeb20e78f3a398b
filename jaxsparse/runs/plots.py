"""The plots of a run, from its `metrics.jsonl`."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from jaxsparse.plotting.figures import (
  Record,
  Series,
  line,
  log_scale,
  panels,
  save,
  scaled,
  series,
)
from jaxsparse.plotting.panels import figure_legend
from jaxsparse.plotting.styles import COLOURS, SMALL
from jaxsparse.runs import workdir
from jaxsparse.training import metrics

if TYPE_CHECKING:
  from matplotlib.axes import Axes
  from matplotlib.figure import Figure

_CAPTIONS = {
  'loss_and_accuracy': 'Loss and accuracy; of training, means since the last'
  ' point',
  'sparsity_by_layer': 'Sparsity by layer; dashed: of all masked layers',
  'mask_churn': 'Mask churn: the active weights of a layer that a mask step'
  ' dropped',
  'gradient_norm': 'Gradient flow: the norm of the masked gradient, of the'
  ' whole net and of its masked layers',
}
_MOST_LABELLED = 10


def run_plots(root: pathlib.Path) -> None:
  """Writes `root/plots/*.png`, and captions, from `root/metrics.jsonl`.

  These are `loss_and_accuracy.png`, `sparsity_by_layer.png`,
  `mask_churn.png`, for a run whose masks changed, and `gradient_norm.png`, for
  one that was probed. A plot without a single value is left out.
  """
  records = metrics.read(root / workdir.METRICS)
  folder = root / workdir.PLOTS
  for name, figure in (
    ('loss_and_accuracy', _loss_and_accuracy(records)),
    ('sparsity_by_layer', _sparsity_by_layer(records)),
    ('mask_churn', _mask_churn(records)),
    ('gradient_norm', _gradient_norm(records)),
  ):
    if figure is not None:
      save(figure, folder / f'{name}.png')
      caption = f'{_CAPTIONS[name]}. Run {root.name}.\n'
      (folder / f'{name}.txt').write_text(caption, encoding='utf-8')


def _loss_and_accuracy(records: Sequence[Record]) -> Figure | None:
  figure, (loss_ax, accuracy_ax) = panels(2)
  for ax, entries, scale in (
    (loss_ax, ('loss', 'eval_loss'), 1),
    (accuracy_ax, ('train_accuracy', 'eval_accuracy'), 100),
  ):
    train, held_out = (scaled(series(records, name), scale) for name in entries)
    if ax is loss_ax:
      log_scale(ax, (train, held_out))
    line(ax, train, color=COLOURS[1], label='training')
    line(ax, held_out, color=COLOURS[0], label='evaluation')
    ax.set_xlabel('step')
  loss_ax.set(ylabel='cross entropy (nats)')
  accuracy_ax.set(ylabel='accuracy (%)')
  figure_legend(figure)
  return figure if loss_ax.lines or accuracy_ax.lines else None


def _by_layer(
  records: Sequence[Record], name: str, scale: float = 100
) -> dict[str, Series]:
  """Returns the series of each leaf path, in the order of the records."""
  leaf_paths: dict[str, None] = {}
  for record in records:
    leaf_paths |= dict.fromkeys(record.get(name) or {})
  return {p: scaled(series(records, name, p), scale) for p in leaf_paths}


def _sparsity_by_layer(records: Sequence[Record]) -> Figure | None:
  """Draws bars where sparsity never changed, else lines over the steps."""
  layers = _by_layer(records, 'layer_sparsity')
  if not layers:
    return None
  total = scaled(series(records, 'sparsity'), 100)
  if any(np.ptp(s.mean) > 0 for s in layers.values()):
    figure, (ax,) = panels(1)
    _layer_lines(ax, layers)
    line(ax, total, color='black', linestyle='--', label='all masked layers')
    ax.set(xlabel='step', ylabel='sparsity (%)', ylim=(-2, 102))
    figure_legend(figure)
  else:
    figure, (ax,) = panels(1, height=0.8 + 0.18 * len(layers))
    _bars(ax, {p: float(s.mean[-1]) for p, s in layers.items()})
    if total.mean.size:
      ax.axvline(total.mean[-1], color='black', linestyle='--', linewidth=1.0)
      overall = f'dashed: {total.mean[-1]:.2f} % over all masked layers'
      ax.set_xlabel(f'sparsity (%)\n{overall}')
  return figure


def _bars(ax: Axes, values: dict[str, float]) -> None:
  """Draws horizontal bars in forward order, each with its number."""
  ax.barh(list(values), list(values.values()), color=COLOURS[5])
  for row, value in enumerate(values.values()):
    ax.text(
      1.02,
      row,
      f'{value:.2f} %',
      transform=ax.get_yaxis_transform(),
      verticalalignment='center',
      fontsize=SMALL,
    )
  ax.margins(y=0.02)
  ax.invert_yaxis()
  ax.grid(visible=False, axis='y')
  ax.set_xlim(0, 100)


def _mask_churn(records: Sequence[Record]) -> Figure | None:
  layers = _by_layer(records, 'churn')
  if not any(np.any(s.mean > 0) for s in layers.values()):
    return None
  figure, (ax,) = panels(1)
  _layer_lines(ax, layers)
  ax.set(xlabel='step', ylabel='active weights dropped (%)')
  ax.set_ylim(bottom=0)
  figure_legend(figure)
  return figure


def _gradient_norm(records: Sequence[Record]) -> Figure | None:
  """Draws the gradient norms of the whole net and of its masked layers."""
  total = series(records, 'gradient_norm')
  if not total.steps.size:
    return None
  masked = _by_layer(records, 'layer_sparsity')
  layers = {
    path: values
    for path, values in _by_layer(records, 'layer_gradient_norm', 1).items()
    if path in masked
  }
  figure, (ax,) = panels(1)
  log_scale(ax, (total, *layers.values()))
  _layer_lines(ax, layers)
  line(ax, total, color='black', linestyle='--', label='whole net')
  ax.set(xlabel='step')
  ax.set_ylabel('L2 norm of the masked gradient')
  figure_legend(figure)
  return figure


def _layer_lines(ax: Axes, layers: dict[str, Series]) -> None:
  """Draws one line per layer, in greys if there are more than colours."""
  few = len(layers) <= len(COLOURS)
  for i, (path, values) in enumerate(layers.items()):
    label = path if i < _MOST_LABELLED or i == len(layers) - 1 else None
    if few:
      line(ax, values, color=COLOURS[i], marker='.', label=label)
    else:
      shade = f'{0.75 * i / (len(layers) - 1):.2f}'
      line(ax, values, color=shade, marker='.', label=label)
  ax.set_xlim(left=0)
