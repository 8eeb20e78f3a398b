"""The backends, by the name that `--backend` takes."""

from jaxsparse.jobs import queued_resource, slurm, xpk

BACKENDS = {
  'queued-resource': queued_resource.BACKEND,
  'xpk': xpk.BACKEND,
  'slurm': slurm.BACKEND,
}
