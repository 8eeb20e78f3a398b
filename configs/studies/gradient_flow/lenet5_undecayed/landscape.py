r"""LeNet5 on MNIST at 95 %, no weight decay: the way to the pruned solution.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5_undecayed/landscape.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 20 members of 11,719 steps,
all of them those of the study `function_space`: keep one RUNS for both.

5 seeds (2 CPU cores, x86-64, 2026-11-23): no barrier lies between LT and the
pruned solution (-0.0005 nats); between Scratch and it one of 2.37 (the paper:
about 1.8). Half way from their starts the loss is 1.46 and 1.93 (1.52 and
1.90). LT starts 13.3 from it and ends at 8.0, Scratch starts at 17.0 and ends
at 25.5; in the paper's map, which shortens some, these are 12.2, 5 to 8, 16 to
17, and 19 to 32. All 8 claims hold: landscape.md beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.landscape(nets.LENET5_UNDECAYED)
