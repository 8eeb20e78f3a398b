r"""VGG16 on ImageNet, dense and at 80 % (uniform).

  python -m launch.train --config=imagenet/vgg16:rigl --workdir=DIR \
    --config.data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record; ~/tensorflow_datasets if
not given. `--dry_run` needs neither it nor a large machine.

Methods: dense, static, set, rigl, gmp. As in Evci et al. 2022, "Gradient Flow
in Sparse Neural Networks and How Lottery Tickets Win": without BatchNorm and
biases, 128,000 steps of 1,024 images (102 epochs), which are read off their
figures. Their accuracies of this net cannot be had, and we have not run this to
its end.

The first convolution stays dense, as by default in their code; the classifier
does not. The initialisation of static, SET and RigL is the sparse one, as in
their SET+ and RigL+: from the masked dense one hardly any signal comes through,
as the paper shows. Masks change until step 25,000, the default of their code,
and drop by a cosine; which of its schedules they took is not known. Nor is when
they prune this net: here over the same share of the run as in ResNet-50, steps
40,000 to 100,000.

Meant for accelerators: the activations of one such batch take over 100 GB,
divided over the devices. The section `compute` of the config takes less: by
bfloat16, in micro-batches, or by computing activations again. With less memory
still take a smaller batch, a learning rate in proportion and more steps: all
but the interval of mask steps goes by fractions of the run.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config

from ._shared import methods, set_shared

METHODS = methods(
  {'sparsity': 0.8, 'distribution': 'uniform', 'dense_first': True},
  moving=25 / 128,
  # From 40,000 to 100,000.
  pruned=(40 / 128, 100_001 / 128e3),
)


def get_config(method: str = 'rigl') -> ConfigDict:
  """Returns the config of a method."""
  init = 'sparse' if method in ('static', 'set', 'rigl') else 'dense'
  config = method_config(method, METHODS, model='vgg', init=init)
  set_shared(config, batch_size=1024, num_steps=128_000)
  config.model.batch_norm = False
  config.model.use_bias = False
  # No warm-up; a tenth of the rate from epochs 30, 70 and 90 on.
  config.optimizer.boundaries = tuple(
    step / 128e3 for step in (37_535, 87_580, 112_603)
  )
  return config
