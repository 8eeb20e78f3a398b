"""The nets of Evci et al. 2022 on ImageNet-2012, at 80 %.

Steps, batches and drops of the learning rate are read off the paper's figures
(32,000 steps of 4,096 images; 128,000 of 1,024), the rest is from the authors'
code: SGD with Nesterov momentum 0.9, L2 1e-4, label smoothing 0.1, a rate of
0.1 for 256 images that falls to a tenth at epochs 30, 70 and 90, without
warm-up; masks that move do so every 100 steps until 25,000, and drop 0.3.

**Deviations**, as the paper and its code leave these open:

- The step that tickets are rewound to is not known; here it is 0, as on MNIST.
- Masks might come of a pruning run, be random or ERK. As on MNIST they are
  here those of the pruned net, every layer as sparse as the next but for the
  first convolution, which is dense by default in that code.
- When nets are pruned is not known; here from 31 to 78 % of the run, every
  1,000 steps, which for ResNet-50 is what the RigL paper quotes.
- The drop fraction decays by a cosine, as in the RigL paper. In the code the
  default is a constant.
- Masks that move do so from step 100 on, not from 0, as on MNIST: at step 0
  the blocks of ResNet-50 have no gradient to grow by.
- The sparse initialisation of these nets was not released; it is that of MNIST
  on their kernels.
- The widths of the small dense nets are ours: those with the weights closest
  in number to the active ones.

There is no study of their Hessian, whose spectrum the paper has of small nets
alone, nor of where VGG16's tickets end: in the paper they do not train.
"""

from typing import Any

from jaxsparse.papers.gradient_flow import claims, flow, printed
from jaxsparse.papers.gradient_flow.nets import Net


def _net(name: str, configs: str, **fields: Any) -> Net:
  return Net(
    title=f'{name} on ImageNet at 80 %',
    configs=f'imagenet/{configs}',
    sparse={
      'updater.sparsity': 0.8,
      'updater.distribution': 'uniform',
      'updater.dense_first': True,
    },
    pruned={},
    moving={
      'updater.update_interval': 100,
      'updater.start_step': 100,
      'updater.stop_step': 25_000,
      'updater.drop_fraction': 0.3,
    },
    updates=(),
    **fields,
  )


# Without BatchNorm or biases. Hardly any signal passes through the masked dense
# initialisation, and the gradient of the paper's ticket stays 0.
VGG16 = _net(
  'VGG16',
  'vgg16',
  overrides={
    'gradient_flow.interval': 250,
    'checkpoint.interval': 16_000,
  },
  small={'model.width': 0.438},
  claims=claims.DEAD_TICKET + claims.INIT + claims.METHODS,
  flow=flow.VGG16,
)
# With BatchNorm the initialisation matters little.
RESNET50 = _net(
  'ResNet-50',
  'resnet50',
  overrides={
    'optimizer.warmup_steps': 0,
    'gradient_flow.interval': 50,
    'checkpoint.interval': 4000,
  },
  small={'model.width': 0.427},
  paper=printed.RESNET50,
  claims=claims.TICKET + claims.METHODS,
  flow=flow.RESNET50,
  # As many points as in the paper, on few enough images to hold in memory.
  line={'points': 71, 'examples': 10_000},
)
