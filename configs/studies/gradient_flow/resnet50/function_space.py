r"""ResNet-50 on ImageNet at 80 %: how alike the functions of finished runs are.

  python -m launch.study \
    --config=configs/studies/gradient_flow/resnet50/function_space.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 25 members of 32,000
steps of 4,096 images, all of them those of the study `accuracy`: keep one RUNS
for both. The numbers beside ours are the paper's; it has none for Scratch from
different inits or for Prune Restart.

For accelerators, as the configs in `configs/imagenet` say; we have not run it
to its end. `--plan` and `--dry_run` need neither the data nor such a machine.
What the paper leaves open is said, with our choice, in
`jaxsparse.papers.gradient_flow.imagenet`: among others the step
that tickets are rewound to.
"""

from jaxsparse.papers.gradient_flow import imagenet, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.function_space(imagenet.RESNET50)
