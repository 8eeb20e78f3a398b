"""Study of the gradient norm of initial weights, over many seeds.

At step 0 the gradient norm of LeNet5 with the sparse initialisation differs
widely from seed to seed: its ratio to that of the masked dense initialisation
needs more seeds than the five that are trained to the end. These runs take one
step.
"""

import dataclasses

from jaxsparse.papers.gradient_flow.flow import AT_START, INIT_NORM
from jaxsparse.papers.gradient_flow.nets import Net
from jaxsparse.papers.gradient_flow.runs import runs
from jaxsparse.studies.spec import Run, Study


def starts(net: Net, *, seeds: int = 20) -> Study:
  """Builds the study of the masked gradient norm at step 0, for both inits.

  Args:
    net: the model with its settings.
    seeds: number of seeds of each.
  """
  names = ('scratch_inits', 'scratch_plus')
  return Study(
    title=f'{net.title}: gradient norm at step 0',
    source=(
      'Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win: where the figures of the gradient norm begin'
    ),
    runs=(
      *runs(net, ('pruned',), seeds=1),
      *(_one_step(run) for run in runs(net, names, seeds=seeds)),
    ),
    metrics=(AT_START,),
    figures=(),
    claims=INIT_NORM,
    notes=(
      'The norm of the masked gradient on the first 1,000 training images; all'
      ' starts have the masks of the pruned net of seed 0. The first five are'
      ' those of the study of the gradient norm, which left "ten times"'
      ' undecided; this is a second look, with fifteen more. The numbers of the'
      ' paper are read off its figures, that of the sparse start the middle of'
      ' a band from 0.33 to 0.47.'
    ),
  )


def _one_step(run: Run) -> Run:
  overrides = {**run.overrides, 'num_steps': 1}
  return dataclasses.replace(run, overrides=overrides)
