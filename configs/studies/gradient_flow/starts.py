r"""LeNet5 on MNIST at 95 %: gradient norm at step 0, over 20 starts.

  python -m launch.study --config=studies/gradient_flow/starts:lenet5 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 40 members of one step; the
pruned net, of 11,719, is that of the study `accuracy`: keep one RUNS for both.
At step 0 the gradient norm with the sparse initialisation differs widely from
seed to seed: its ratio to that of the masked dense one needs more seeds than
the five that are trained to the end.

A second look: five of the starts, in the study of the gradient norm, had left
"ten times" undecided. Results: lenet5/starts.md.
"""

import dataclasses

from jaxsparse.claims import with_texts
from jaxsparse.studies.spec import Study

from . import _nets, gradient_norm
from ._runs import runs

NETS = ('lenet5',)


def get_config(name: str = 'lenet5') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  return Study(
    title=f'{net.title}: gradient norm at step 0',
    source=f'{_nets.PAPER}: where the figures of the gradient norm begin',
    runs=(
      *runs(net, ('pruned',), seeds=1),
      *(
        dataclasses.replace(run, overrides={**run.overrides, 'num_steps': 1})
        for run in runs(net, ('scratch_inits', 'scratch_plus'), seeds=20)
      ),
    ),
    metrics=(gradient_norm.START,),
    figures=(),
    claims=with_texts(gradient_norm.INIT_NORM),
    notes=(
      'The norm of the masked gradient on the first 1,000 training images; all'
      ' starts have the masks of the pruned net of seed 0. The first five are'
      ' those of the study of the gradient norm, which left "ten times"'
      ' undecided; this is a second look, with fifteen more. The numbers of the'
      ' paper are read off its figures, that of the sparse start the middle of'
      ' a band from 0.33 to 0.47.'
    ),
  )
