"""`--compilation_cache`: a later run compiles nothing, and ends the same."""

import json


def entries(folder):
  return {path.name: path.read_bytes() for path in folder.rglob('*-cache')}


def leaves(workdir):
  """Checksums of all that a run has at its end, and its metrics."""
  checkpoint = workdir / 'checkpoints' / '10' / 'meta' / 'metadata'
  record = json.loads(checkpoint.read_text())['record']
  return record['leaves'], (workdir / 'metrics.jsonl').read_bytes()


def test_a_warm_start_trains_the_bits_of_a_cold_one(
  launch, arguments, tmp_path
):
  cache = tmp_path / 'cache'
  kept, results = [], []
  for name in ('cold', 'warm'):
    ended = launch(
      [
        *arguments(tmp_path / name, num_steps=10),
        f'--compilation_cache={cache}',
      ]
    )
    assert ended.code == 0, ended
    kept.append(entries(cache))
    results.append(leaves(tmp_path / name))
  assert results[0] == results[1]
  assert kept[0] == kept[1]
  assert any(name.startswith('jit_loop') for name in kept[0])


def test_a_benchmark_reads_nothing_that_was_compiled_before(launch):
  ended = launch(['--help'], module='benchmark')
  assert ended.code == 0
  _, _, text = ended.out.partition('--compilation_cache:')
  assert "(default: 'off')" in text.partition('--only')[0]
