r"""A character GRU on tiny_shakespeare, dense and at 75 % (uniform).

  python -m launch.train --config=tiny_shakespeare/gru:rigl --workdir=DIR \
    --config.data.dir=FOLDER

FOLDER is where TFDS has tiny_shakespeare as array_record;
~/tensorflow_datasets if not given.

Methods: dense, static, set, rigl, gmp. The net of configs/char_lm with 128
units, and masks that change every 50 steps, not 100 (gmp: 1,000). Some 100 s of
CPU time (x86-64) each; for the scores see studies/rigl/char_lm.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config, method_fields

METHODS = method_fields(
  {'sparsity': 0.75, 'distribution': 'uniform'},
  {
    'static': {},
    'set rigl': {
      'drop_fraction': 0.1,
      'update_interval': 50,
      'stop_fraction': 1.0,
    },
    'gmp': {
      'update_interval': 50,
      'start_fraction': 0.25,
      'stop_fraction': 0.75,
    },
  },
)


def get_config(method: str = 'rigl') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='gru_lm', optimizer='adam')
  config.data.name = 'tiny_shakespeare'
  config.data.sequence_length = 64
  config.batch_size = 32
  config.num_steps = 3000
  config.model.embed_dim = 64
  config.model.units = 128
  config.model.readout = 128
  config.optimizer.learning_rate = 4e-3
  config.optimizer.clip_norm = 10.0
  config.eval.interval = 500
  config.eval.batch_size = 100
  config.gradient_flow.probe_size = 100
  return config
