r"""Character GRUs on tiny_shakespeare: pruning, RigL, SET, static and dense.

  python -m launch.study --config=configs/studies/rigl/char_lm.py \
    --workdir=DIR --override data.dir=FOLDER --seeds=5

FOLDER is where TFDS has tiny_shakespeare as array_record.

A GRU of 128 units at 75 % (uniform), 3,000 steps, 5 seeds (3 without
`--seeds`): 25 members of some 100 s of CPU time. The paper has 512 units,
WikiText-103 and 200,000 steps; for that see configs/char_lm.

Bits a character, mean and standard deviation of 5 seeds (2 CPU cores that other
jobs shared, x86-64, 2026-11-22 and 23), test and validation: dense 2.467 ±
0.013 and 2.266 ± 0.007, pruning 2.609 ± 0.014 and 2.446 ± 0.017, RigL 2.639 ±
0.003 and 2.504 ± 0.015, SET 2.657 ± 0.025 and 2.496 ± 0.007, static 2.689 ±
0.016 and 2.546 ± 0.016. By validation bits, which the claims are about, pruning
is below RigL and SET below static; RigL and SET cannot be told apart. All of
it: char_lm.md beside this file.
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
