"""The plots of a run are PNGs, there when they have something to show."""

import json
import math

import numpy as np
import pytest
from matplotlib import image

from jaxsparse.runs import plots

LAYERS = ('Dense_0/kernel', 'Dense_1/kernel')


def evaluation(step, accuracy, sparsity=0.9, **more):
  return {
    'step': step,
    'eval_loss': 2.0 / (step + 1),
    'eval_accuracy': accuracy,
    'sparsity': sparsity,
    'layer_sparsity': dict.fromkeys(LAYERS, sparsity),
    **more,
  }


def training(step, loss):
  return {'step': step, 'loss': loss, 'train_accuracy': 0.5}


def churn(step, fraction):
  return {
    'step': step,
    'churn': dict.fromkeys(LAYERS, fraction),
  }


def write(root, records):
  root.mkdir(exist_ok=True)
  lines = ''.join(json.dumps(r) + '\n' for r in records)
  (root / 'metrics.jsonl').write_text(lines)


def drawn(root):
  """Plot name -> pixels, each checked to be a PNG that is not blank."""
  found = {}
  for path in (root / 'plots').glob('*.png'):
    assert path.read_bytes().startswith(b'\x89PNG\r\n\x1a\n')
    pixels = image.imread(path, format='png')[..., :3]
    assert pixels.std() > 0
    assert root.name in path.with_suffix('.txt').read_text()
    found[path.stem] = pixels
  return found


def test_a_run_whose_masks_move_has_three_plots(tmp_path):
  records = [churn(s, 0.3 / s) for s in (1, 26, 51)]
  records += [evaluation(s, 0.1 + s / 90) for s in (0, 50)]
  records += [training(50, 0.3)]
  write(tmp_path, records)
  plots.run_plots(tmp_path)
  assert set(drawn(tmp_path)) == {
    'loss_and_accuracy',
    'sparsity_by_layer',
    'mask_churn',
  }


def test_a_run_that_was_probed_shows_the_norms(tmp_path):
  def probe(step, norms):
    norms = dict(zip((*LAYERS, 'Dense_0/bias'), norms, strict=True))
    whole = sum(n * n for n in norms.values()) ** 0.5
    norms = {'gradient_norm': whole, 'layer_gradient_norm': norms}
    return {'step': step} | norms

  records = [evaluation(0, 0.1), probe(0, (0.3, 0.4, 0.0))]
  write(tmp_path, [*records, probe(50, (0.03, 0.2, 0.1))])
  plots.run_plots(tmp_path)
  assert 'gradient_norm' in drawn(tmp_path)
  figure = plots._gradient_norm([*records, probe(50, (3e-2, 0.0, 1.0))])
  (ax,) = figure.axes
  lines = {x.get_label(): list(x.get_ydata()) for x in ax.lines}
  # By layer without biases, and an exact 0 is no reason to give up the log.
  assert lines.pop('whole net') == pytest.approx([0.5, 1.0004499])
  assert lines == {LAYERS[0]: [0.3, 0.03], LAYERS[1]: [0.4, 0.0]}
  assert ax.get_yscale() == 'log'


def test_masks_that_never_changed_have_no_churn_plot(tmp_path):
  write(tmp_path, [churn(1, 0.0), evaluation(0, 0.1), churn(26, 0.0)])
  plots.run_plots(tmp_path)
  assert set(drawn(tmp_path)) == {'loss_and_accuracy', 'sparsity_by_layer'}


def test_a_ramp_of_sparsity_is_drawn_over_steps(tmp_path):
  """Lines need the width of a plot over steps; bars need little height."""
  constant = [evaluation(s, 0.5, 0.9) for s in (0, 50, 100)]
  ramp = [evaluation(s, 0.5, s / 200) for s in (0, 50, 100)]
  heights = []
  for name, records in (('constant', constant), ('ramp', ramp)):
    write(tmp_path / name, records)
    plots.run_plots(tmp_path / name)
    heights.append(len(drawn(tmp_path / name)['sparsity_by_layer']))
  assert heights[0] < heights[1]


@pytest.mark.parametrize(
  'records',
  [
    [evaluation(0, 0.1)],
    [training(100, math.nan), evaluation(100, 0.1)],
    [training(100, 0.0), evaluation(100, 1.0, eval_loss=0.0)],
    [{'step': 0, 'eval_accuracy': 0.5}],
  ],
  ids=['one', 'nan', 'zero_loss', 'missing_keys'],
)
def test_odd_records_still_give_a_plot(tmp_path, records):
  write(tmp_path, records)
  plots.run_plots(tmp_path)
  assert 'loss_and_accuracy' in drawn(tmp_path)


def test_no_records_give_no_plots(tmp_path):
  write(tmp_path, [])
  plots.run_plots(tmp_path)
  assert not (tmp_path / 'plots').exists()


def test_many_layers_are_told_apart_by_shade(tmp_path):
  layers = {f'Conv_{i}/kernel': 0.01 * i for i in range(30)}
  records = [{'step': s, 'churn': layers} for s in (1, 101, 201)]
  write(tmp_path, records)
  plots.run_plots(tmp_path)
  grey = drawn(tmp_path)['mask_churn']
  assert len(np.unique(grey.reshape(-1, 3), axis=0)) > 30
