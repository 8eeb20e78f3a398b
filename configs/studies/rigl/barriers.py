r"""LeNet-300-100 on MNIST at 98 %: barriers between static and pruned nets.

  python -m launch.study --config=configs/studies/rigl/barriers.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 10 members of 3,600 steps of 100
images, and 9 analyses of 3 fitted curves each, some minutes on 2 CPU cores.

3 seeds (2 CPU cores, x86-64, 2026-11-23, four minutes): on the line from Static
to pruning the loss climbs by 0.70 ± 0.09 nats; along curves among sparse nets,
quadratic or cubic, it does not, where the paper (ResNet-50) finds a barrier;
nor through dense nets. From the static solution RigL ends at 0.065 ± 0.002 nats
and 97.19 ± 0.21 %, Static at 0.145 ± 0.010 and 94.98 ± 0.24 %. All of it:
barriers.md beside this file.
"""

from jaxsparse.papers.rigl import barriers
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return barriers.barriers()
