"""A few tiny runs on digits, made once a session."""

import types

import pytest

from jaxsparse.analyses.harness.result import chart_of, from_csv, to_csv
from jaxsparse.plotting.charts import Input, Part
from jaxsparse.runs.train import train


@pytest.fixture(scope='session')
def runs(make_config, tmp_path_factory):
  """Finished runs by name; 30 steps each, 64-16-10 at 80 %.

  pruned and pruned_1 (seeds 0 and 1), tuned_0 and tuned_1 (pruned, gone on with
  a fixed mask), rigl (keeps steps 5 and 6, on both sides of a mask step).
  """
  root = tmp_path_factory.mktemp('runs')
  configs = {
    'pruned': make_config('gmp'),
    'pruned_1': make_config('gmp', seed=1),
    'rigl': make_config('rigl', checkpoint__keep_steps=(5, 6), seed=7),
  }
  for seed in (0, 1):
    config = make_config('static', seed=seed)
    config.init.checkpoint = str(root / 'pruned')
    configs[f'tuned_{seed}'] = config
  for name, config in configs.items():
    train(config, root / name, plots=False)
  return types.SimpleNamespace(**{name: root / name for name in configs})


@pytest.fixture(scope='session')
def draw():
  """Draws results of an analysis, read back: `(result, label, other label)`."""

  def draw(function, *results):
    parts = [
      Part(
        tuple(Input(label, {'color': '#0072B2'}) for label in labels),
        from_csv(to_csv(getattr(result, 'table', result))),
      )
      for result, *labels in results
    ]
    return chart_of(function).draw(parts)

  return draw
