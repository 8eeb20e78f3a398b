"""The share of negative curvature on few and on all training examples."""

import pathlib
from collections.abc import Mapping, Sequence

import jax

from jaxsparse.analyses.hessian import check_step
from jaxsparse.analysis import lanczos
from jaxsparse.core import prng
from jaxsparse.runs import finished, measures


def negative_share(
  workdirs: Sequence[pathlib.Path],
  *,
  step: int,
  examples: int = 1000,
  all_examples: int | None = None,
  num_probes: int = 4,
  num_steps: int = 64,
  below: float = -1e-3,
  batch_size: int | None = None,
  seed: int = 0,
) -> Mapping[str, float]:
  """Estimates the share of negative eigenvalues, on few and on all examples.

  Evci et al. 2022 take the Hessian on all training images. The analysis
  `hessian` is exact, but multiplies with each active weight, which is too slow
  for so many; Lanczos multiplies num_probes times num_steps times, whatever the
  net. Both sets of examples, and both sides of the mask step, have the same
  probes, so the error of the estimate does not look like an effect of the
  examples.

  Args:
    workdirs: of the run.
    step: a mask step of it. The nets are those after `step` and after
      `step + 1` steps, as in `hessian`.
    examples: size of the smaller set, the first of the training split.
    all_examples: size of the larger one; the whole split by default.
    num_probes: number of random vectors of the quadrature, see `density`.
    num_steps: Lanczos iterations, each a product, per probe.
    below: eigenvalues below it count as negative; <= 0.
    batch_size: examples of a product at once, which bounds the memory; those of
      an evaluation by default. Only rounding depends on it.
    seed: of the probes.

  Returns:
    `negative_share_before` and `negative_share_after`, fractions of all
    eigenvalues, and `negative_total_before` and `negative_total_after`, the
    sums of the negative ones, all on the smaller set; and the same with `_all`
    at the end, on the larger one.

  Raises:
    ValueError: not one finished run, no mask step, steps that are not kept, no
      `all_examples` where the split stays on disk, or a number that does not
      fit.
  """
  (run,) = finished.load_each(workdirs, count=1)
  check_step(run, step)
  key = prng.stream(jax.random.key(seed), 'probes')
  numbers: dict[str, float] = {}
  for side, at in (('before', step), ('after', step + 1)):
    net = finished.solution(run, at)
    for suffix, size in (('', examples), ('_all', all_examples)):
      loss, batches = measures.loss_and_batches(run, net, size, batch_size)
      quadrature = lanczos.quadrature(
        loss,
        net.params,
        net.masks,
        batches,
        key=key,
        num_probes=num_probes,
        num_steps=num_steps,
      )
      negative = lanczos.negative(quadrature, below=below)
      share = negative.number / quadrature.size
      numbers[f'negative_share_{side}{suffix}'] = share
      numbers[f'negative_total_{side}{suffix}'] = negative.total
  return numbers
