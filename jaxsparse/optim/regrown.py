"""Initial moments of regrown weights.

They start again at 0, and an optimiser that corrects their bias does so by the
steps of the run: the second moment of a young weight is too small, its steps
are too long (`own_age` has by how much). One of four:

- `age`: bias is corrected by the age of the weight;
- `seed`: the second moment starts at the square of the dense gradient of the
  mask step, whose magnitude is RigL's growth score;
- `layer`: it starts at the mean over the leaf's active weights that stay;
- `zero`: nothing is done, as in the papers' code.

With `seed` and `layer` the first moment starts at 0 and is not corrected, so
first steps are short. They act on a second moment whose bias is corrected, in
units of the squared gradient; without (sgd, rmsprop, adamax) they do nothing.
That statistic is identified by test gradients. The gradient is that of the
loss, before the optimiser clips it.
"""

REGROWN = ('age', 'seed', 'layer', 'zero')
