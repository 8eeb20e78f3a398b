r"""VGG16 on ImageNet at 80 % (uniform): RigL.

  python -m launch.train --config=configs/imagenet/vgg16_rigl.py \
    --workdir=DIR --config.data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record; ~/tensorflow_datasets if
not given. `--dry_run` needs neither it nor a large machine.

As in Evci et al. 2022, "Gradient Flow in Sparse Neural Networks and How
Lottery Tickets Win": without BatchNorm and biases, 128,000 steps of 1,024
images (102 epochs), which are read off their figures. Their accuracies of this
net cannot be had, and we have not run this to its end. The initialisation is
the sparse one, as in their RigL+. Masks change until step 25,000, the default
of their code, and drop by a cosine; which of its schedules they took is not
known. The first convolution stays dense, as by default in their code; the
classifier does not.

Meant for accelerators: the activations of one such batch take over 100 GB, and
a batch lives on one device. With less memory take a smaller batch, a learning
rate in proportion and more steps: all but the interval of mask steps goes by
shares of the run.
"""

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config


def get_config() -> ConfigDict:
  config = default_config(updater='rigl', model='vgg', init='sparse')
  config.data.name = 'imagenet2012'
  config.data.mean = (0.485, 0.456, 0.406)
  config.data.std = (0.229, 0.224, 0.225)
  config.data.augment = ('flip',)
  config.batch_size = 1024
  config.num_steps = 128_000
  config.label_smoothing = 0.1
  config.model.batch_norm = False
  config.model.use_bias = False
  config.optimizer.learning_rate = 0.4
  config.optimizer.nesterov = True
  config.optimizer.weight_decay = 1e-4
  # No warm-up; a tenth of the rate from epochs 30, 70 and 90 on.
  config.optimizer.schedule = 'piecewise'
  config.optimizer.boundaries = (
    37_535 / 128e3,
    87_580 / 128e3,
    112_603 / 128e3,
  )
  config.optimizer.scales = (0.1, 0.01, 0.001)
  config.eval.interval = 6400
  config.eval.batch_size = 500
  config.updater.sparsity = 0.8
  config.updater.distribution = 'uniform'
  config.updater.dense_first = True
  config.updater.drop_fraction = 0.3
  config.updater.update_interval = 100
  config.updater.stop_fraction = 25 / 128
  return config
