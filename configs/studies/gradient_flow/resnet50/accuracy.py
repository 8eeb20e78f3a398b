r"""ResNet-50 on ImageNet at 80 %: what each start and each method ends with.

  python -m launch.study \
    --config=configs/studies/gradient_flow/resnet50/accuracy.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 60 members of 32,000
steps of 4,096 images; those of the other studies of this net are among them,
or start from them, so keep one RUNS for all. Of the paper's accuracies, those
of its table of ensembles can be had: LT 75.73, Scratch 71.16, pruned 75.65 %.

For accelerators, as the configs in `configs/imagenet` say; we have not run it
to its end. `--plan` and `--dry_run` need neither the data nor such a machine.
What the paper leaves open is said, with our choice, in
`jaxsparse.papers.gradient_flow.imagenet`: among others the step
that tickets are rewound to.
"""

from jaxsparse.papers.gradient_flow import imagenet, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.accuracy(imagenet.RESNET50)
