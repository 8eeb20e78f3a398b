"""The plots of a run, from its `metrics.jsonl`.

Lines are means over replicates, bands one sample standard deviation to each
side. A replicate that failed counts up to where it did. Colours are those of
Okabe and Ito, which colour-blind readers can tell apart.
"""

import math
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxsparse.experiments import workdir
from jaxsparse.training import metrics

COLOURS = (
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#CC79A7',
  '#E69F00',
  '#56B4E9',
  '#000000',
)
_GREY = '#595959'
_MOST_LABELLED = 10

Record = dict[str, Any]


class Series(NamedTuple):
  """One measurement over a run; each field is an array `[points]`.

  Attributes:
    steps: where there is at least one finite value, ascending.
    mean: over the replicates that have one there.
    std: sample standard deviation, 0 where there is one value.
    low: the lowest value.
  """

  steps: np.ndarray
  mean: np.ndarray
  std: np.ndarray
  low: np.ndarray


def series(records: Sequence[Record], name: str, path: str = '') -> Series:
  """The values of entry `name` over the steps.

  Args:
    records: of `metrics.jsonl`; those without the entry are passed over.
    name: of the entry.
    path: which of its values, where the entry is a mapping by leaf path.
  """
  found: dict[int, list[float]] = {}
  for record in records:
    value = record.get(name)
    if path:
      value = (value or {}).get(path)
    if value is not None and math.isfinite(value):
      found.setdefault(record['step'], []).append(value)
  steps = sorted(found)
  values = [np.asarray(found[step], np.float64) for step in steps]
  return Series(
    np.asarray(steps, np.int64),
    np.asarray([np.mean(v) for v in values]),
    np.asarray([np.std(v, ddof=1) if len(v) > 1 else 0.0 for v in values]),
    np.asarray([np.min(v) for v in values]),
  )


def scaled(values: Series, scale: float) -> Series:
  """`values` in another unit."""
  return Series(values.steps, *(scale * v for v in values[1:]))


def run_plots(root: pathlib.Path) -> None:
  """Writes `root/plots/*.png` from `root/metrics.jsonl`.

  These are `loss_and_accuracy.png`, `sparsity_by_layer.png` and
  `mask_churn.png`, the last only for a run whose masks changed. A plot
  without a single value to show is left out.
  """
  records = metrics.read(root / workdir.METRICS)
  folder = root / workdir.PLOTS
  title = f'{root.name}, {_replicates(records)}'
  for name, figure in (
    ('loss_and_accuracy', _loss_and_accuracy(records, title)),
    ('sparsity_by_layer', _sparsity_by_layer(records, title)),
    ('mask_churn', _mask_churn(records, title)),
  ):
    if figure is not None:
      save(figure, folder / f'{name}.png')


def save(figure: Figure, path: pathlib.Path) -> None:
  """Writes a PNG; its folder is made if need be."""
  path.parent.mkdir(parents=True, exist_ok=True)
  figure.savefig(path, format='png', dpi=120)


def panels(count: int, *, height: float = 4.0) -> tuple[Figure, list[Axes]]:
  """A figure of `count` panels side by side, 5.2 by `height` inches each."""
  figure = Figure(figsize=(5.2 * count, height), layout='constrained')
  axes = list(figure.subplots(1, count, squeeze=False)[0])
  for ax in axes:
    ax.spines[['top', 'right']].set_visible(False)
    ax.grid(color='0.9', linewidth=0.6)
    ax.set_axisbelow(True)
  return figure, axes


def log_scale(ax: Axes) -> None:
  """A log y axis that is labelled within a decade too, in plain numbers."""
  ax.set_yscale('log')
  ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
  ax.yaxis.set_major_formatter('{x:g}')
  ax.yaxis.set_minor_locator(ticker.NullLocator())


def line(ax: Axes, values: Series, **style: Any) -> None:
  """A line of means with its band.

  On a log axis the band is cut at the lowest replicate, as the mean less one
  standard deviation may be below 0.
  """
  if values.steps.size == 0:
    return
  marker = 'o' if values.steps.size <= _MOST_LABELLED else ''
  style = {'linewidth': 1.6, 'marker': marker, 'markersize': 4} | style
  (drawn,) = ax.plot(values.steps, values.mean, **style)
  if np.any(values.std > 0):
    below = values.mean - values.std
    if ax.get_yscale() == 'log':
      below = np.maximum(below, values.low)
    ax.fill_between(
      values.steps,
      below,
      values.mean + values.std,
      color=drawn.get_color(),
      alpha=0.18,
      linewidth=0,
    )


def legend(ax: Axes) -> None:
  """The legend, where there is something to name."""
  if ax.get_legend_handles_labels()[0]:
    ax.legend(frameon=False, fontsize=9)


def _replicates(records: Sequence[Record]) -> str:
  count = len({r['replicate'] for r in records})
  return f'mean ± sd of {count} replicates' if count > 1 else '1 replicate'


def _loss_and_accuracy(records: Sequence[Record], title: str) -> Figure | None:
  figure, (left, right) = panels(2)
  log_scale(left)
  for ax, entry, scale in ((left, 'loss', 1), (right, 'accuracy', 100)):
    for prefix, label, colour in (
      ('', 'train, mean since last point', COLOURS[1]),
      ('eval_', 'evaluation', COLOURS[0]),
    ):
      values = scaled(series(records, prefix + entry), scale)
      line(ax, values, color=colour, label=label)
    ax.set_xlabel('step')
    legend(ax)
  left.set(title='Loss', ylabel='cross entropy (nats)')
  right.set(title='Accuracy', ylabel='accuracy (%)')
  figure.suptitle(title, fontsize=10, color=_GREY)
  return figure if left.lines or right.lines else None


def _by_layer(records: Sequence[Record], name: str) -> dict[str, Series]:
  """The series of each leaf path, in the order of the records."""
  found: dict[str, None] = {}
  for record in records:
    found |= dict.fromkeys(record.get(name) or {})
  return {p: scaled(series(records, name, p), 100) for p in found}


def _sparsity_by_layer(records: Sequence[Record], title: str) -> Figure | None:
  """Bars where it never changed, else lines over the steps."""
  layers = _by_layer(records, 'layer_sparsity')
  if not layers:
    return None
  total = scaled(series(records, 'sparsity'), 100)
  if any(np.ptp(s.mean) > 0 for s in layers.values()):
    figure, (ax,) = panels(1)
    _layer_lines(ax, layers)
    line(ax, total, color='black', linestyle='--', label='all masked layers')
    ax.set(xlabel='step', ylabel='sparsity (%)', ylim=(-2, 102))
    legend(ax)
  else:
    figure, (ax,) = panels(1, height=1.6 + 0.34 * len(layers))
    _bars(ax, {p: float(s.mean[-1]) for p, s in layers.items()})
    if total.mean.size:
      ax.axvline(total.mean[-1], color='black', linestyle='--', linewidth=1.2)
      overall = f'dashed: {total.mean[-1]:.2f} % over all masked layers'
      ax.set_xlabel(f'sparsity (%)\n{overall}')
  ax.set_title('Sparsity by layer')
  figure.suptitle(title, fontsize=10, color=_GREY)
  return figure


def _bars(ax: Axes, values: dict[str, float]) -> None:
  """Horizontal bars in forward order, each with its number."""
  ax.barh(list(values), list(values.values()), color=COLOURS[5])
  for row, value in enumerate(values.values()):
    ax.text(
      1.02,
      row,
      f'{value:.2f} %',
      transform=ax.get_yaxis_transform(),
      verticalalignment='center',
      fontsize=9,
    )
  ax.invert_yaxis()
  ax.grid(visible=False, axis='y')
  ax.set_xlim(0, 100)


def _mask_churn(records: Sequence[Record], title: str) -> Figure | None:
  layers = _by_layer(records, 'churn')
  if not any(np.any(s.mean > 0) for s in layers.values()):
    return None
  figure, (ax,) = panels(1)
  _layer_lines(ax, layers)
  ax.set(title='Mask churn', xlabel='step', ylabel='active weights dropped (%)')
  ax.set_ylim(bottom=0)
  legend(ax)
  figure.suptitle(title, fontsize=10, color=_GREY)
  return figure


def _layer_lines(ax: Axes, layers: dict[str, Series]) -> None:
  """One line a layer; a colour map where there are more than colours."""
  few = len(layers) <= len(COLOURS)
  for i, (path, values) in enumerate(layers.items()):
    label = path if i < _MOST_LABELLED or i == len(layers) - 1 else None
    if few:
      line(ax, values, color=COLOURS[i], marker='.', label=label)
    else:
      shade = f'{0.75 * i / (len(layers) - 1):.2f}'
      line(ax, values, color=shade, marker='.', label=label)
  ax.set_xlim(left=0)
