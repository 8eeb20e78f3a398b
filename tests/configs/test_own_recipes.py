"""Each recipe runs, and prints what it promises."""

import importlib
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).parents[2] / 'configs/recipes'
SAME = 'resumed to the same bits: True'
ONCE = 'programs of the step: 1 '
# Recipe -> what its output holds, and arguments that make it quick.
RECIPES = {
  # N - floor(S N) weights of each layer, in all.
  'linen_resnet': ((SAME, ONCE, 'leaves 74,512 7,459'), {'depth': 8}),
  'nnx_transformer': ((SAME, ONCE, 'leaves 12,832 2,574'), {}),
  'equinox_mlp': ((SAME, ONCE, 'leaves 112,200 2,246'), {}),
  # All kernels but the head's; with it, dense.
  'dense_layers': (('leaves 12,288 1,234', 'leaves 14,336 4,916'), {}),
  'half_precision_ema': (('leaves 11,900 1,191',), {}),
  'prune_and_retrain': (
    ('sparsity 0.9499', 'weights that came back: 0'),
    {},
  ),
}


def test_the_readme_lists_every_recipe():
  files = {path.stem for path in FOLDER.glob('*.py')} - {'__init__'}
  text = (FOLDER / 'README.md').read_text('utf-8')
  assert files == RECIPES.keys()
  assert {name for name in files if f'[{name}]({name}.py)' in text} == files


@pytest.mark.parametrize('name', RECIPES)
def test_a_recipe_runs_and_prints_what_it_promises(name, capsys):
  expected, arguments = RECIPES[name]
  importlib.import_module(f'configs.recipes.{name}').main(**arguments)
  printed = capsys.readouterr().out
  words = ' '.join(printed.split())
  assert [text for text in expected if text not in words] == [], printed
