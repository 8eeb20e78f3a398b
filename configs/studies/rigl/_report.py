"""The nets of the RigL paper's reproducibility report.

Sundar and Dwaraknath 2021, "[Re] Rigging the Lottery": WRN-22-2 on CIFAR-10,
ResNet-50 on CIFAR-100, 5,000 training images held out. "Random" is uniform, and
densities 0.1 and 0.2 are 90 and 80 %.

**Deviations**: images are standardised each by itself. A mask step of RigL is a
step, as there; a weight that is dropped and grown in one keeps its value, which
theirs sets to 0; SET grows as many as it drops, which theirs does on average,
and SET, SNFS and pruning take the optimiser's step as they do, which theirs do
not. SNFS moves weights between layers, as theirs does, but by a moving average
of the dense gradient, where theirs uses the optimiser's momentum, kept for
all weights: of the same gradients that is ten times the average, but it has the
weight decay in it, and no mask step's batch. What moves is exact, where theirs
is rounded and put right later. Pruning is exact at each mask step, where theirs
comes near its target by a search. Nets that are re-initialised by RigL-SM take
its final masks, as in the configs of their code, and the first weights of the
same seed. Runs M times as long have a warm-up, and a first mask step, M times
as late. The 88,000 steps are the report's, in batches that are all full.

FOLDER of the studies' commands is where TFDS has cifar10 or cifar100 as
array_record; with `--override data.name=cifar10_jpeg` a lossy copy (JPEG) of
CIFAR-10 is taken, and has to be named beside each figure. A member has 88,000
steps of 128 images, for a GPU. The studies share members: keep one RUNS for
all. We have not run them to their end. `--plan` and `--dry_run` need neither
the data nor such a machine.
"""

from jaxsparse.claims import Claim, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.spec import Study

from ._nets import Net, printed
from ._runs import table

SOURCE = (
  'Sundar and Dwaraknath 2021, [Re] Rigging the Lottery: Making All Tickets'
  ' Winners'
)
DATA = (
  'With `data.name=cifar10_jpeg` images are a lossy copy (JPEG) of CIFAR-10.'
)
# The sparsity distributions of RigL's runs, and their labels.
SPREADS = {'uniform': 'uniform', 'erk': 'ERK'}
_UNIFORM = {'updater.distribution': 'uniform', 'updater.dense_first': True}
_FIELDS = {
  'uniform': _UNIFORM,
  'erk': {'updater.distribution': 'erk', 'updater.dense_first': False},
  # Of pruning: the overall density of uniform nets, first convolution dense.
  'global': _UNIFORM,
}
_SNFS = {'updater.redistribute': True}
# Layers have the sparsities of the run that the masks are from.
_STARTED = {'init.counts': 'masks'}
# All channels times the root of the density, rounded down.
_ROOTS = {0.8: 0.2**0.5, 0.9: 0.1**0.5}
CIFAR10 = Net(
  config='cifar10/wrn22_2',
  spreads=_FIELDS,
  printed=printed('report_cifar10'),
  overrides={
    'data.validation': 5000.0,
    'num_steps': 88_000,
    'optimizer.boundaries': (30 / 88, 60 / 88),
    'optimizer.scales': (0.2, 0.04),
  },
  moving={'updater.start_step': 99, 'updater.stop_step': 65_918},
  snfs=_SNFS,
  pruned={
    'updater.update_interval': 100,
    'updater.start_step': 700,
    'updater.stop_step': 65_918,
    'updater.global_ranking': True,
    'optimizer.warmup_steps': 3500,
    # The rate falls every 30,000 steps after the warm-up's ten epochs.
    'optimizer.boundaries': (33.52 / 88, 63.52 / 88),
  },
  small={
    sparsity: {'model.width': 2 * root, 'model.stem_channels': int(16 * root)}
    for sparsity, root in _ROOTS.items()
  },
  source='gmp',
  started=_STARTED,
)
CIFAR100 = Net(
  config='cifar100/resnet50',
  spreads=_FIELDS,
  printed=printed('report_cifar100'),
  snfs=_SNFS,
  pruned={'updater.global_ranking': True},
  small={sparsity: {'model.width': root} for sparsity, root in _ROOTS.items()},
  source='gmp',
  started=_STARTED,
)
NETS = ('cifar10', 'cifar100')


def net(data: str) -> tuple[str, Net]:
  """Returns a net and its title by the name of its data set.

  Raises:
    ValueError: there is none on that.
  """
  choices.check(f'net is {data!r}', data, NETS)
  return {
    'cifar10': ('WRN-22-2 on CIFAR-10', CIFAR10),
    'cifar100': ('ResNet-50 on CIFAR-100', CIFAR100),
  }[data]


def study(
  net: Net,
  names: tuple[str, ...],
  title: str,
  which: str,
  claims: dict[str, Claim],
  notes: str = 'FLOPs are shares of those of a dense run of the same length.',
) -> Study:
  """Builds the study of a table of the report, at 80 and 90 %.

  Args:
    net: the model with its settings.
    names: of the runs.
    title: of the study.
    which: table it is.
    claims: text -> claim.
    notes: after those on the data.
  """
  return table(
    net,
    names,
    (0.8, 0.9),
    title=title,
    source=f'{SOURCE}: the table of {which}',
    claims=with_texts(claims),
    notes=f'{DATA} {notes}',
  )
