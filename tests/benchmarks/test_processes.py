"""Processes that `launch.benchmark` times."""

import os

import pytest

from jaxsparse.benchmarks import processes
from jaxsparse.benchmarks.cases import whole_job

_EXIT = 'import os, sys; print("seen"); sys.exit(int(os.environ["CODE"]))'


def python(program, **options):
  processes.run(processes.PYTHON, '-c', program, **options)


def test_a_process_ends_as_expected_or_what_it_wrote_is_reported():
  python(_EXIT, code=2, environment={'CODE': '2'})
  with pytest.raises(processes.ProcessFailed, match='ended with 3:\nseen'):
    python(_EXIT, code=2, environment={'CODE': '3'})


@pytest.mark.skipif(not hasattr(os, 'sched_setaffinity'), reason='on Linux')
def test_processes_are_confined_to_one_core():
  count = 'import os, sys; sys.exit(len(os.sched_getaffinity(0)))'
  cores = os.sched_getaffinity(0)
  with processes.one_core():
    python(count, code=1)
  assert os.sched_getaffinity(0) == cores


def test_a_job_without_torch_is_skipped_with_a_line(monkeypatch, capsys):
  monkeypatch.setenv(whole_job.DATA, '/nowhere')
  monkeypatch.setenv(whole_job.TORCH, '/nowhere/python')
  assert list(whole_job.whole_job()) == []
  error = capsys.readouterr().err
  assert error.startswith('whole_job is skipped: JAXSPARSE_TORCH_PYTHON')
  assert error.count('\n') == 1
