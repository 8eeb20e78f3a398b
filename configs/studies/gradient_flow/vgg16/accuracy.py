r"""VGG16 on ImageNet at 80 %: what each start and each method ends with.

  python -m launch.study \
    --config=configs/studies/gradient_flow/vgg16/accuracy.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 60 members of 128,000
steps of 1,024 images; those of the other studies of this net are among them,
or start from them, so keep one RUNS for all. The paper's accuracies of this
net cannot be had. Its ticket never trains: the gradient stays at 0 for all of
the run.

For accelerators, as the configs in `configs/imagenet` say; we have not run it
to its end. `--plan` and `--dry_run` need neither the data nor such a machine.
What the paper leaves open is said, with our choice, in
`jaxsparse.papers.gradient_flow.imagenet`: among others the step
that tickets are rewound to.
"""

from jaxsparse.papers.gradient_flow import imagenet, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.accuracy(imagenet.VGG16)
