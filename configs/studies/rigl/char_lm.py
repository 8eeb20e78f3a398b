r"""Character GRUs on tiny_shakespeare: pruning, RigL, SET, static and dense.

  python -m launch.study --config=configs/studies/rigl/char_lm.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has tiny_shakespeare as array_record.

A GRU of 128 units at 75 % (uniform), 3,000 steps, 3 seeds: 15 members of some
100 s of CPU time. The paper has 512 units, WikiText-103 and 200,000 steps; for
that see configs/char_lm.
"""

from jaxsparse.experiments.papers.rigl.char_lm import study
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return study(
    'tiny_shakespeare/gru',
    'tiny_shakespeare',
    notes=(
      'Bits a character, fewer are better. tiny_shakespeare has 1,003,854'
      ' characters to train on; the paper has WikiText-103, a net four times as'
      ' wide, sequences eight times as long and 200,000 steps. Smaller steps'
      ' than ours (7e-4) and L2 (5e-4) are too slow for 3,000 steps. As in the'
      ' paper a mask update moves a tenth of the weights, down to none at the'
      ' end by a cosine; pruning takes the middle half of the run.'
    ),
  )
