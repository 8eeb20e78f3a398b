r"""MobileNet v1 on ImageNet, dense and at 75 % (uniform).

  python -m launch.train --config=imagenet/mobilenet_v1:rigl --workdir=DIR \
    --config.data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record; ~/tensorflow_datasets if
not given. `--dry_run` needs neither it nor a large machine.
`--config.model.version=2` is MobileNet v2.

After Evci et al. 2020, "Rigging the Lottery". We have not run this to its end;
the paper's top-1 accuracies, which are not ours:

  method   top-1 accuracy, %
  dense    72.1 ± 0.17
  static   -
  set      -
  rigl     71.5 ± 0.06   (five times as long: --config.multiplier=5)
  gmp      67.7

They do not say how many steps there are or what the weight decay is: both, and
the batch, are those of their ResNet-50 here. The falls of the rate are those of
their code, of which the one at epoch 120 lies past the end; no weight decay on
depthwise kernels, as there. The first convolution and depthwise kernels stay
dense. Meant for accelerators, as ResNet-50 is.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import method_config

from ._shared import methods, set_shared

METHODS = methods(
  {
    'sparsity': 0.75,
    'distribution': 'uniform',
    'layers': ('*/depthwise/kernel=0', 'conv/kernel=0'),
  },
  moving=25 / 32,
  # From 10,000 to 25,000, as for ResNet-50.
  pruned=(10 / 32, 25_001 / 32e3),
)


def get_config(method: str = 'rigl') -> ConfigDict:
  """Returns the config of a method."""
  config = method_config(method, METHODS, model='mobilenet')
  set_shared(config, batch_size=4096, num_steps=32_000)
  config.optimizer.no_decay = ('*/depthwise/kernel',)
  # Eight epochs; then a tenth of the rate from epochs 40, 75 and 95 on.
  config.optimizer.warmup_steps = 2502
  config.optimizer.boundaries = (12_512 / 32e3, 23_459 / 32e3, 29_715 / 32e3)
  return config
