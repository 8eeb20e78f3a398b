import numpy as np
import pytest

from jaxsparse.analyses.keep_ratios import keep_ratios
from jaxsparse.runs import measures, reading
from jaxsparse.runs.build import build
from jaxsparse.runs.finished import Finished
from jaxsparse.training.checkpoints import load_params


@pytest.mark.parametrize('step', [0, None])
def test_it_counts_the_masks_of_a_step(runs, step):
  found = keep_ratios([runs.pruned], step=step)
  at = runs.pruned / 'checkpoints' / str(30 if step is None else step)
  _, masks = load_params(at)
  layers = ['Dense_0', 'Dense_1']
  active = [int(np.sum(masks[layer]['kernel'])) for layer in layers]
  weights = [64 * 16, 16 * 10]
  density = [active[0] / weights[0], active[1] / weights[1]]
  table = {name: column.tolist() for name, column in found.table.items()}
  assert table == {
    'layer': [f'{layer}/kernel' for layer in layers],
    'density': density,
    'active': active,
    'weights': weights,
  }
  assert found.numbers == {
    'lowest_density': min(density),
    'highest_density': max(density),
    'empty_layers': 0,
  }
  assert (min(density) == 1) == (step == 0)


def test_layers_are_in_forward_order_with_shortcuts(make_config):
  config = make_config(model='resnet')
  config.model.update(depth=8, stem='cifar', width=0.25)
  experiment = build(config, reading.describe)
  assert measures.masked_leaves(Finished(None, experiment)) == [
    'conv/kernel',
    'group1_block1/conv_1/kernel',
    'group1_block1/conv_2/kernel',
    'group2_block1/conv_1/kernel',
    'group2_block1/conv_2/kernel',
    'group2_block1/shortcut/kernel',
    'group3_block1/conv_1/kernel',
    'group3_block1/conv_2/kernel',
    'group3_block1/shortcut/kernel',
    'logits/kernel',
  ]


def test_it_is_drawn_by_layer(runs, draw):
  found = keep_ratios([runs.rigl])
  (ax,) = draw(keep_ratios, (found, 'RigL')).figure.axes
  heights = [bar.get_height() for bar in ax.patches]
  assert heights == found.table['density'].tolist()
