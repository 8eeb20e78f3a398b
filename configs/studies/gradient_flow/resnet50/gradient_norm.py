r"""ResNet-50 on ImageNet at 80 %: how much gradient flows as training goes on.

  python -m launch.study \
    --config=configs/studies/gradient_flow/resnet50/gradient_norm.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 50 members of 32,000
steps of 4,096 images, 45 of them those of the study `accuracy`: keep one RUNS
for both. The norm of the masked gradient on the first 1,000 training images,
every 50 steps and on both sides of each mask update.

The paper's norms beside ours are read off its figure, and are of the batch
trained on, with the L2 term. At updates its RigL (not RigL+) gains up to 0.42
near step 700, SET 0.08, RigL inverted about 0.

For accelerators, as the configs in `configs/imagenet` say; we have not run it
to its end. `--plan` and `--dry_run` need neither the data nor such a machine.
What the paper leaves open is said, with our choice, in
`jaxsparse.papers.gradient_flow.imagenet`: among others the step
that tickets are rewound to.
"""

from jaxsparse.papers.gradient_flow import imagenet, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.gradient_norm(imagenet.RESNET50)
