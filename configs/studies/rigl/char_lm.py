r"""Character GRUs on tiny_shakespeare: pruning, RigL, SET, static and dense.

  python -m launch.study --config=configs/studies/rigl/char_lm.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has tiny_shakespeare as array_record.

A GRU of 128 units at 75 % (uniform), 3,000 steps, masks that change every 50,
3 seeds: 15 members of some 100 s of CPU time. The paper has 512 units,
WikiText-103, 200,000 steps and masks that change every 100, those of pruning
every 1,000; for that see configs/char_lm.

Test bits a character, mean and standard deviation of 3 seeds (2 CPU cores that
other jobs shared, x86-64, 2026-11-22): dense 2.467 ± 0.011, pruning 2.613 ±
0.009, RigL 2.639 ± 0.005, SET 2.666 ± 0.026, static 2.696 ± 0.017. By
validation bits, which the claims are about, pruning is below RigL; RigL and
SET, and SET and static, are too near each other to be told apart. All of it:
char_lm.md beside this file.
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
