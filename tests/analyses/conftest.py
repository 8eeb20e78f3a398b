"""A few tiny runs on digits, made once a session."""

import types

import pytest

from jaxsparse.runs.train import train


@pytest.fixture(scope='session')
def runs(make_config, tmp_path_factory):
  """Finished runs by name; 30 steps each, 64-16-10 at 80 %.

  pruned (seed 0, two replicates), tuned_0 and tuned_1 (pruned, gone on with a
  fixed mask), rigl (keeps steps 5 and 6, on both sides of a mask step).
  """
  root = tmp_path_factory.mktemp('runs')
  configs = {
    'pruned': make_config('gmp', replicates=2),
    'rigl': make_config('rigl', checkpoint__keep_steps=(5, 6), seed=7),
  }
  for seed in (0, 1):
    config = make_config('static', seed=seed)
    config.init.checkpoint = str(root / 'pruned')
    configs[f'tuned_{seed}'] = config
  for name, config in configs.items():
    train(config, root / name, plots=False)
  return types.SimpleNamespace(**{name: root / name for name in configs})
