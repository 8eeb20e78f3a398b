r"""VGG16 on ImageNet at 80 %: how much gradient flows as training goes on.

  python -m launch.study \
    --config=configs/studies/gradient_flow/vgg16/gradient_norm.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 50 members of 128,000
steps of 1,024 images, 45 of them those of the study `accuracy`: keep one RUNS
for both. The norm of the masked gradient on the first 1,000 training images,
every 250 steps and on both sides of each mask update.

The paper's norms, read off its figure at steps 250, 2,000, 10,000 and 36,000:
Scratch 0.006, 0.01, 0.64, 2.65; Scratch+ 0.15, 2.67, 2.74, 2.63; RigL+ 0.30,
2.96, 3.20, 3.28; small dense 0.26, 2.20, 2.94, 2.52; LT near 0 throughout.
Theirs are of the batch trained on, with the L2 term.

For accelerators, as the configs in `configs/imagenet` say; we have not run it
to its end. `--plan` and `--dry_run` need neither the data nor such a machine.
What the paper leaves open is said, with our choice, in
`jaxsparse.papers.gradient_flow.imagenet`: among others the step
that tickets are rewound to.
"""

from jaxsparse.papers.gradient_flow import imagenet, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.gradient_norm(imagenet.VGG16)
