"""`launch.tpu`: what would be run, and what is refused before anything is."""

import pytest

WORDS = (
  '--config=digits/mlp:rigl',
  '--config.seed=3',
  '--workdir=gs://bucket/run',
  '--accelerator=v5litepod-8',
  '--source=git+https://example.com/jaxsparse@0123abc',
  '--dry_run',
)


def submit(launch, *words):
  return launch([*WORDS, *words], 'tpu.submit')


def test_a_dry_run_prints_commands(launch):
  ended = submit(launch, '--spot', '--zone=us-west4-a')
  assert (ended.code, ended.err) == (0, '')
  first, *_, last = ended.out.splitlines()
  name = first.split()[6]
  assert first == (
    f'gcloud --quiet compute tpus queued-resources create {name}'
    f' --node-id={name} --accelerator-type=v5litepod-8'
    ' --runtime-version=v2-alpha-tpuv5-lite --spot --zone=us-west4-a'
  )
  run = 'jaxsparse.launch.train --config=digits/mlp:rigl --config.seed=3'
  assert f'{run} --distributed --workdir=gs://bucket/run' in ended.out
  assert last.startswith(
    'gcloud --quiet storage cp gs://bucket/run/summary.json'
  )


def test_a_study_is_a_job_too(launch):
  config = '--config=studies/digits/init_and_updates'
  ended = launch([config, *WORDS[2:], '--', '--seeds=2'], 'tpu.submit')
  assert ended.code == 0
  words = f'{config} --seeds=2 --distributed --workdir'
  assert f'jaxsparse.launch.study {words}' in ended.out


@pytest.mark.parametrize(
  ('words', 'text'),
  [
    (['--config.updater.sparsty=0.5'], 'no such field'),
    (['--workdir=/tmp/run'], 'lost with the machine'),
    (['--backend=xpk'], '--cluster is required'),
    (['--accelerator='], '--accelerator is required'),
    (['--config=digits/nlp'], 'Did you mean'),
    (['--config.seed', '4'], 'accepted are --config=NAME'),
    (['--jobs=2'], 'accepted is more than 1 for a study'),
  ],
)
def test_bad_input_is_refused(launch, words, text):
  ended = submit(launch, *words)
  assert (ended.code, ended.out) == (2, '')
  assert text in ended.err


def test_jobs_lists_its_actions_and_refuses_a_name(launch):
  assert (
    'prints the end of what the program wrote' in launch([], 'tpu.jobs').out
  )
  ended = launch(['logs', 'js-none'], 'tpu.jobs')
  assert (ended.code, ended.out) == (2, '')
  assert "got 'js-none'" in ended.err
