r"""What moving masks and a sparse initialisation are worth, on digits.

  python -m launch.study --config=configs/studies/digits/init_and_updates.py \
    --workdir=DIR

A 64-300-100-10 net at 98 % sparsity (ERK): dense; a fixed random mask, SET and
RigL, each from the masked dense initialisation and from the sparse one. 5
seeds, 35 members of 1,500 steps, in 49 s on 2 CPU cores (x86-64) that other
jobs shared (2026-11-22).

Test accuracy in per cent, mean and standard deviation of 5 seeds, from the
masked dense and from the sparse initialisation: static 70.93 ± 7.44 and 84.90
± 2.76, SET 91.10 ± 2.02 and 94.99 ± 0.76, RigL 96.79 ± 0.58 and 96.45 ± 0.71;
dense 97.58 ± 0.43.
"""

from jaxsparse.claims import Difference, Ordering, with_texts
from jaxsparse.studies.spec import Analysis, Curves, Run, Study

# Short runs: masks change more often, and few evaluations cover the course.
_SHARED = {
  'num_steps': 1500,
  'batch_size': 64,
  'log_interval': 75,
  'eval.interval': 75,
  'eval.batch_size': 360,
  'gradient_flow.interval': 75,
  'gradient_flow.probe_size': 500,
}
_SPARSE = _SHARED | {'updater.sparsity': 0.98, 'updater.update_interval': 25}


def _run(method: str, label: str, init: str) -> Run:
  name = f'{method}_{init}_init'
  if init == 'sparse':
    label += ', sparse init'
  return Run(
    name,
    f'digits/mlp:{method}',
    overrides=_SPARSE | {'init.name': init},
    label=label,
  )


def get_config() -> Study:
  """Returns the study."""
  return Study(
    title='Sparse initialisation and mask updates on digits',
    source=(
      'after Evci et al. 2022, Gradient Flow in Sparse Neural Networks and How'
      ' Lottery Tickets Win (digits here, so no numbers of the paper)'
    ),
    runs=(
      Run('dense', 'digits/mlp:dense', overrides=_SHARED, label='dense'),
      _run('static', 'static', 'dense'),
      _run('static', 'static', 'sparse'),
      _run('set', 'SET', 'dense'),
      _run('set', 'SET', 'sparse'),
      _run('rigl', 'RigL', 'dense'),
      _run('rigl', 'RigL', 'sparse'),
    ),
    metrics=('test_accuracy', 'sparsity'),
    figures=(Curves('eval_accuracy'), Curves('gradient_norm', log=True)),
    claims=with_texts(
      {
        'from the masked dense init: static < SET < RigL': Ordering(
          ('static_dense_init', 'set_dense_init', 'rigl_dense_init')
        ),
        'a sparse init helps a fixed mask': Difference(
          'static_sparse_init', 'static_dense_init', '>=', 0.0
        ),
        'growing by gradient beats growing at random': Difference(
          'rigl_dense_init', 'set_dense_init', '>=', 0.0
        ),
        'RigL is within a point of dense': Difference(
          'rigl_sparse_init', 'dense', '>=', -1.0
        ),
      }
    ),
    analyses=(
      Analysis(
        'overlap_of_inits',
        ('rigl_sparse_init', 'rigl_dense_init'),
        'mask_overlap',
      ),
    ),
    notes=(
      'Digits: 1,797 images of 8 x 8 that come with scikit-learn, 1,442 of them'
      ' to train on.'
    ),
  )
