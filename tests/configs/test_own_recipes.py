"""Each recipe runs, and prints what it promises."""

import contextlib
import importlib
import pathlib
import sys
import types

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
  'pruning_before_training': (
    tuple(f'{name}: sparsity 0.98' for name in ('grasp', 'snip', 'random')),
    {},
  ),
  # 512 and 128 weights at 80 %, by ERK.
  'own_pieces': (('test_sureness 0.', 'sparsity 0.79'), {}),
  'read_results': (
    ('rigl 0.9 0.', 'static 0.9 0.', ' 2 size of the plot in bytes: '),
    {'num_steps': 60},
  ),
}
# They take seconds each, so the others run by hand.
QUICK = ('dense_layers', 'prune_and_retrain')
# Those of packages that are not here run with a stub in their place.
STUBBED = ('mlflow_logger', 'wandb_logger')


def test_the_readme_lists_every_recipe():
  files = {path.stem for path in FOLDER.glob('*.py')} - {'__init__'}
  text = (FOLDER / 'README.md').read_text('utf-8')
  assert files == {*RECIPES, *STUBBED}
  assert {name for name in files if f'[{name}]({name}.py)' in text} == files


@pytest.mark.parametrize(
  'name',
  [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
    for name in RECIPES
  ],
)
def test_a_recipe_runs_and_prints_what_it_promises(name, capsys):
  expected, arguments = RECIPES[name]
  importlib.import_module(f'configs.recipes.{name}').main(**arguments)
  printed = capsys.readouterr().out
  words = ' '.join(printed.split())
  assert [text for text in expected if text not in words] == [], printed


class Stub:
  """The part of wandb and of MLflow that the recipes call."""

  def __init__(self):
    self.calls = []

  def take(self, name):
    return lambda *args, **kwargs: self.calls.append((name, args, kwargs))

  def opener(self, name):
    @contextlib.contextmanager
    def opened(**kwargs):
      self.calls.append((name, (), kwargs))
      yield types.SimpleNamespace(log=self.take('log'))
      self.calls.append((f'end of {name}', (), {}))

    return opened

  def module(self):
    names = ('set_experiment', 'log_dict', 'log_metrics')
    return types.SimpleNamespace(
      init=self.opener('init'),
      start_run=self.opener('start_run'),
      **{name: self.take(name) for name in names},
    )


@pytest.mark.parametrize(
  ('name', 'package', 'log', 'start'),
  [
    ('wandb_logger', 'wandb', 'log', 'init'),
    ('mlflow_logger', 'mlflow', 'log_metrics', 'start_run'),
  ],
)
def test_a_logger_hands_on_every_record(name, package, log, start, monkeypatch):
  stub = Stub()
  monkeypatch.setitem(sys.modules, package, stub.module())
  path = f'configs.recipes.{name}'
  monkeypatch.delitem(sys.modules, path, raising=False)
  importlib.import_module(path).main(num_steps=20)
  monkeypatch.delitem(sys.modules, path)
  names = [call for call, *_ in stub.calls]
  assert start in names
  assert names[-1] == f'end of {start}'
  records = [
    (args[0], kwargs['step'])
    for call, args, kwargs in stub.calls
    if call == log
  ]
  assert {step for _, step in records} == {0, 1, 20}
  assert all(record['step'] == step for record, step in records)
  assert any('eval_accuracy' in record for record, _ in records)
