r"""A character GRU on WikiText-103, dense and at 75 % (uniform).

  python -m launch.train --config=char_lm/gru:rigl --workdir=DIR \
    --config.data.dir=FOLDER

FOLDER has a folder wikitext103 with the raw text as train.txt, validation.txt
and test.txt. `--dry_run` needs neither it nor a large machine. Any text serves
that lies in such a folder, by `--config.data.name`.

Methods: dense, static, set, rigl, gmp. The recipe of Evci et al. 2020, "Rigging
the Lottery": 200,000 steps of 32 sequences of 512 characters, Adam at 7e-4, L2
5e-4, gradients of norm 10 at most; masks of SET and RigL change to the end, gmp
prunes from step 50,000 to 150,000. Both kernels of the GRU and of the readouts
are masked, the embedding is dense: the paper does not say which are. The paper
shows bits a character in a figure only. We have not run this: it is meant for
accelerators.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config, method_fields

METHODS = method_fields(
  {'sparsity': 0.75, 'distribution': 'uniform'},
  {
    'static': {},
    'set rigl': {
      'drop_fraction': 0.1,
      'update_interval': 100,
      'stop_fraction': 1.0,
    },
    # The last mask step is 150,000.
    'gmp': {
      'update_interval': 1000,
      'start_step': 50_000,
      'stop_step': 150_001,
    },
  },
)


def get_config(method: str = 'rigl') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='gru_lm', optimizer='adam')
  config.data.name = 'wikitext103'
  config.data.sequence_length = 512
  config.batch_size = 32
  config.num_steps = 200_000
  config.optimizer.learning_rate = 7e-4
  config.optimizer.schedule = 'constant'
  config.optimizer.weight_decay = 5e-4
  config.optimizer.clip_norm = 10.0
  config.eval.interval = 10_000
  config.eval.batch_size = 64
  config.gradient_flow.interval = 10_000
  config.gradient_flow.probe_size = 64
  config.checkpoint.interval = 10_000
  return config
