r"""ResNet-50 on ImageNet at 80 %: whether a barrier lies before the pruned net.

  python -m launch.study \
    --config=configs/studies/gradient_flow/resnet50/landscape.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 20 members of 32,000
steps of 4,096 images, all of them those of the study `accuracy`: keep one RUNS
for both.

The paper's losses, read off its figure, have label smoothing in them, and ours
have not: pruned 2.17; LT end 2.15, at most 2.17 on the way; Scratch end 2.50,
7.05 from 0.4 to 0.55 of the way. From LT start 6.64 they fall all the way,
from Scratch start they stay near 7 until 0.55.

For accelerators, as the configs in `configs/imagenet` say; we have not run it
to its end. `--plan` and `--dry_run` need neither the data nor such a machine.
What the paper leaves open is said, with our choice, in
`jaxsparse.papers.gradient_flow.imagenet`: among others the step
that tickets are rewound to.
"""

from jaxsparse.papers.gradient_flow import imagenet, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.landscape(imagenet.RESNET50)
