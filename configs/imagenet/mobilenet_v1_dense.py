r"""MobileNet v1 on ImageNet, dense.

  python -m launch.train --config=configs/imagenet/mobilenet_v1_dense.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record; ~/tensorflow_datasets if
not given. `--dry_run` needs neither it nor a large machine.
`--config.model.version=2` is MobileNet v2.

After Evci et al. 2020, "Rigging the Lottery". The paper's top-1 accuracy is
72.1 ± 0.17 %, which is not ours; we have not run this to its end. They do not
say how many steps there are or what the weight decay is: both, and the batch,
are those of their ResNet-50 here. The falls of the rate are those of their
code, of which the one at epoch 120 lies past the end; no weight decay on
depthwise kernels, as there. The first convolution and depthwise kernels stay
dense.

`--config.multiplier=5` is their 5x. Meant for accelerators, as ResNet-50 is.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='dense', model='mobilenet')
  config.data.name = 'imagenet2012'
  config.data.mean = (0.485, 0.456, 0.406)
  config.data.std = (0.229, 0.224, 0.225)
  config.data.augment = ('flip',)
  config.batch_size = 4096
  config.num_steps = 32_000
  config.label_smoothing = 0.1
  config.optimizer.learning_rate = 1.6
  config.optimizer.nesterov = True
  config.optimizer.weight_decay = 1e-4
  config.optimizer.no_decay = ('*/depthwise/kernel',)
  # Eight epochs; then a tenth of the rate from epochs 40, 75 and 95 on.
  config.optimizer.warmup_steps = 2502
  config.optimizer.schedule = 'piecewise'
  config.optimizer.boundaries = (12_512 / 32e3, 23_459 / 32e3, 29_715 / 32e3)
  config.optimizer.scales = (0.1, 0.01, 0.001)
  config.eval.interval = 1600
  config.eval.batch_size = 500
  config.updater.sparsity = 0.0
  return config
