"""A figure of the density of each layer over training, a panel a row."""

from collections.abc import Mapping, Sequence

from jaxsparse.plotting import figures, panels
from jaxsparse.plotting.figures import Series
from jaxsparse.plotting.styles import FONT, shades
from jaxsparse.report.figures import recorded
from jaxsparse.results.rows import MemberResult
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Densities
from jaxsparse.studies.styles import chosen
from jaxsparse.training import metrics as records

# Of more layers the first and the last alone are named.
_MOST_NAMED = 10


def draw(results: Results, figure: Densities) -> panels.Drawn | None:
  """Draws the share of each layer's weights that is active, on a log axis.

  Returns:
    The figure; `None` where no member recorded its layers.

  Raises:
    ValueError: a `metrics.jsonl` cannot be read.
  """
  rows = {
    results.study.row_name(row): layers
    for run in chosen(results.study, figure.runs)
    for row in run.rows()
    if (layers := _by_layer(results.of(row)))
  }
  if not rows:
    return None
  paths = list(dict.fromkeys(p for layers in rows.values() for p in layers))
  named = paths if len(paths) <= _MOST_NAMED else [paths[0], paths[-1]]
  colours = dict(zip(paths, shades(len(paths)), strict=True))
  drawing, axes = panels.multiples(list(rows))
  drawing.supylabel('density (%)', fontsize=FONT)
  for ax, layers in zip(axes, rows.values(), strict=True):
    figures.log_scale(ax, list(layers.values()))
    for path, density in layers.items():
      label = path if path in named else None
      figures.line(ax, density, color=colours[path], label=label)
  panels.figure_legend(drawing)
  title = 'Density of each layer over training'
  notes = [f'{name}: {_note(layers, named)}' for name, layers in rows.items()]
  return panels.Drawn(
    'densities',
    title,
    panels.sentence(
      [
        'Means over seeds',
        'bands are one sample standard deviation to each side',
        'the darker a line, the nearer its layer is to the input',
      ]
    ),
    f'Chart: {title}, a panel a row. {panels.sentence(notes)}',
    drawing,
  )


def _by_layer(members: Sequence[MemberResult]) -> dict[str, Series]:
  """Returns the densities of each layer in per cent, over the evaluations."""
  densities = [
    {
      'step': record['step'],
      'density': {
        p: 100 * (1 - s) for p, s in record['layer_sparsity'].items()
      },
    }
    for member in members
    if (path := recorded.file_of(member))
    for record in records.read(path)
    if 'layer_sparsity' in record
  ]
  paths = dict.fromkeys(path for d in densities for path in d['density'])
  return {path: figures.series(densities, 'density', path) for path in paths}


def _note(layers: Mapping[str, Series], named: Sequence[str]) -> str:
  """Describes a row in words: the first and last density of some layers."""
  return ', '.join(
    f'{path} {density.mean[0]:.3g} to {density.mean[-1]:.3g} %'
    for path in named
    if (density := layers.get(path)) is not None
  )
