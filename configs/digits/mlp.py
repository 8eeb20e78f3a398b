r"""MLP 64-300-100-10 on digits, dense and at 98 % (ERK).

  python -m launch.train --config=digits/mlp:rigl --workdir=DIR

  method      test accuracy, %   seconds
  dense       97.58 ± 0.43        6
  static      70.93 ± 7.44        7
  snip        94.20 ± 1.19        -   (b)
  set         91.10 ± 2.02        9
  deep_r      92.45 ± 0.96       16   (b)
  dsr         91.77 ± 1.83       10   (b)
  rigl        96.79 ± 0.58        8
  rigl_sg     96.62 ± 0.96        9   (b)
  rigl_sm     96.79 ± 0.32        9   (b)
  snfs        96.79 ± 0.15        9
  granet      96.90 ± 0.34       47   (c)
  srigl       89.58 ± 1.68       69   (c)
  ste         94.42 ± 3.38        8   (b)
  topkast     95.77 ± 1.77       11   (b)
  magnitude   96.45 ± 0.43        7
  gmp         97.24 ± 0.42        7

Mean and standard deviation of 5 seeds, and the time of all five, on 2 CPU cores
(x86-64), 2026-11-22; cores that other jobs shared, (b) 2026-11-23, (c)
2026-11-30: `python -m launch.sweep` with `--sweep config.seed=0:5`.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config, method_fields

METHODS = method_fields(
  {'sparsity': 0.98},
  {
    'static snip': {},
    'set dsr rigl rigl_sg rigl_sm snfs granet ste': {'update_interval': 25},
    'srigl': {'update_interval': 25, 'keep_units': ('Dense_2/kernel',)},
    'topkast': {'update_interval': 5, 'stop_fraction': 1.0},
    'deep_r': {'update_interval': 5, 'stop_fraction': 1.0, 'noise': 1e-5},
    'magnitude': {'start_fraction': 0.3},
    'gmp': {'update_interval': 25, 'start_fraction': 0.1, 'stop_fraction': 0.6},
  },
)


def get_config(method: str = 'rigl') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='mlp')
  config.data.name = 'digits'
  config.num_steps = 1500
  config.batch_size = 64
  config.optimizer.learning_rate = 0.1
  config.eval.interval = 100
  return config
