r"""Character GRU on tiny_shakespeare at 75 % (uniform): gradual pruning.

  python -m launch.train --config=configs/tiny_shakespeare/gru_gmp.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has tiny_shakespeare as array_record;
~/tensorflow_datasets if not given. The net of configs/char_lm with 128 units,
and masks that change every 50 steps, not 1,000. Some 100 s of CPU time
(x86-64); for what came out see studies/rigl/char_lm.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='gmp', model='gru_lm', optimizer='adam')
  config.data.name = 'tiny_shakespeare'
  config.data.sequence_length = 64
  config.batch_size = 32
  config.num_steps = 3000
  config.model.embed_dim = 64
  config.model.units = 128
  config.model.readout = 128
  config.optimizer.learning_rate = 4e-3
  config.optimizer.clip_norm = 10.0
  config.updater.sparsity = 0.75
  config.updater.distribution = 'uniform'
  config.updater.update_interval = 50
  config.updater.start_fraction = 0.25
  config.updater.stop_fraction = 0.75
  config.eval.interval = 500
  config.eval.batch_size = 100
  config.gradient_flow.probe_size = 100
  return config
