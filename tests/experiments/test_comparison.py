"""The table against numbers written by hand; runs are made once, in order."""

import json

import pytest
from matplotlib import image

from jaxsparse.experiments import comparison


def summarised(mean, std, values, failed=None):
  return {
    'test_accuracy': {'mean': mean, 'std': std, 'values': values},
    'sparsity': 0.97996,
    'replicates': len(values),
    'failed': failed or {},
    'steps_per_second': 1234.56,
    'wall_seconds': 7.25,
  }


def row(root, label, made, family='f'):
  entry = comparison.Entry(label, label, family, None)
  return comparison.Row(entry, root / label, made)


def lines(text):
  """The table as a list of cells a line; columns lie two spaces apart."""
  return [[c.strip() for c in x.split('  ') if c] for x in text.splitlines()]


def test_the_table_says_what_the_summaries_say(tmp_path):
  rows = [
    row(tmp_path, 'RigL', summarised(0.9679, 0.0058, [0.97, 0.96])),
    row(tmp_path, 'one seed', summarised(0.5, None, [0.5])),
    row(tmp_path, 'lost one', summarised(0.8, None, [0.8, None], {'1': 20})),
    row(tmp_path, 'lost all', summarised(None, None, [None], {'0': 3})),
  ]
  heading, *cells = lines(comparison.table(rows))
  assert heading == [
    'run',
    'test accuracy',
    'seeds',
    'sparsity',
    'steps/s',
    'seconds',
  ]
  assert cells == [
    ['RigL', '96.79 ± 0.58 %', '2', '0.9800', '1,235', '7.2'],
    ['one seed', '50.00 %', '1', '0.9800', '1,235', '7.2'],
    ['lost one', '80.00 %', '1', '0.9800', '1,235', '7.2'],
    ['lost all', 'failed', '0', '0.9800', '1,235', '7.2'],
  ]


def records(values):
  return [
    {
      'step': step,
      'replicate': replicate,
      'eval_accuracy': value,
      'gradient_norm': value,
    }
    for step in (0, 50)
    for replicate, value in enumerate(values)
  ]


def pixels(path):
  return image.imread(path, format='png')[..., :3]


def drawn(root, runs):
  """The two plots of runs, given as (label, family, values)."""
  rows = []
  for label, family, values in runs:
    made = row(root, label, summarised(0.5, None, values), family)
    made.root.mkdir(parents=True)
    text = ''.join(json.dumps(r) + '\n' for r in records(values))
    (made.root / 'metrics.jsonl').write_text(text)
    rows.append(made)
  return comparison.draw(rows, root)


def test_two_plots_are_drawn_and_say_where(tmp_path):
  paths = drawn(tmp_path, [('dense', 'dense', [0.9, 0.8])])
  assert paths == [tmp_path / 'accuracy.png', tmp_path / 'gradient_norm.png']
  for path in paths:
    assert pixels(path).std() > 0


def test_a_run_more_is_a_line_more(tmp_path):
  one = [('a', 'a', [0.2, 0.3])]
  two = [*one, ('b', 'b', [0.7, 0.8])]
  shown = []
  for name, runs in (('one', one), ('two', two)):
    colours = {
      tuple(c) for c in pixels(drawn(tmp_path / name, runs)[0]).reshape(-1, 3)
    }
    shown.append(len(colours))
  assert shown[0] < shown[1]


def test_a_gradient_that_vanished_everywhere_is_still_drawn(tmp_path):
  paths = drawn(tmp_path, [('dead', 'dead', [0.0, 0.0])])
  assert pixels(paths[1]).std() > 0


class Trainer:
  """Stands for `train`: finishes at once, and says what it was asked for."""

  def __init__(self, stop_at=None):
    self.asked = []
    self._stop_at = stop_at

  def __call__(self, config, folder, *, interrupted):
    del interrupted
    if folder.name == self._stop_at:
      raise RuntimeError('stopped')
    self.asked.append((config, folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'summary.json').write_text('{}')
    return {'of': config}


ENTRIES = [comparison.Entry(n, n, n, f'config {n}') for n in 'abc']


def test_runs_are_made_in_order_each_in_its_folder(tmp_path, monkeypatch):
  trainer = Trainer()
  monkeypatch.setattr(comparison, 'train', trainer)
  rows = comparison.run(ENTRIES, tmp_path)
  assert trainer.asked == [(f'config {n}', tmp_path / n) for n in 'abc']
  assert [r.summary for r in rows] == [{'of': f'config {n}'} for n in 'abc']
  assert [r.root for r in rows] == [tmp_path / n for n in 'abc']


def test_it_is_finished_when_the_last_run_is(tmp_path, monkeypatch):
  monkeypatch.setattr(comparison, 'train', Trainer(stop_at='c'))
  assert not comparison.finished(ENTRIES, tmp_path)
  with pytest.raises(RuntimeError, match='stopped'):
    comparison.run(ENTRIES, tmp_path)
  assert not comparison.finished(ENTRIES, tmp_path)
  monkeypatch.setattr(comparison, 'train', Trainer())
  comparison.run(ENTRIES, tmp_path)
  assert comparison.finished(ENTRIES, tmp_path)
