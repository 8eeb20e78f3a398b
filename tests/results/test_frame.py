"""Finished runs as one table, against numbers written by hand."""

import json

import pandas as pd
import pytest

from jaxsparse.results import member_list
from jaxsparse.results.frame import read_results


@pytest.fixture
def make_run(tmp_path):
  """A workdir: `make_run('a', 0.5, seed=1)`; unfinished without accuracy."""

  def make(name, accuracy=None, method='rigl', **fields):
    root = tmp_path / name
    root.mkdir(parents=True)
    config = {'seed': 0, 'updater': {'name': method}, 'model': {'f': [9, 8]}}
    text = json.dumps({'digest': name, 'config': config | fields})
    (root / 'config.json').write_text(text)
    if accuracy is not None:
      records = [
        {'step': 0, 'loss': 2.0},
        {'step': 5, 'loss': None, 'eval_accuracy': accuracy, 'by': {'a': 1.5}},
      ]
      lines = ''.join(json.dumps(record) + '\n' for record in records)
      (root / 'metrics.jsonl').write_text(lines)
      summary = {
        'test_accuracy': accuracy,
        'sparsity': 0.9,
        'layer_sparsity': {'Dense_0/kernel': 0.25},
        'config_digest': name,
      }
      (root / 'summary.json').write_text(json.dumps(summary))
    return root

  return make


def test_a_line_is_a_number_of_a_run(make_run):
  table = read_results(make_run('a', 0.5, extra=7))
  assert list(table.columns) == [
    'run',
    'seed',
    'updater.name',
    'model.f',
    'extra',
    'metric',
    'step',
    'value',
  ]
  numbers = table[['metric', 'step', 'value']].to_numpy().tolist()
  assert numbers == [
    ['test_accuracy', pd.NA, 0.5],
    ['sparsity', pd.NA, 0.9],
    ['layer_sparsity.Dense_0/kernel', pd.NA, 0.25],
    ['loss', 0, 2.0],
    ['eval_accuracy', 5, 0.5],
    ['by.a', 5, 1.5],
  ]
  assert set(table['run']) == {'a'}
  assert set(table['model.f']) == {(9, 8)}


def test_numbers_of_a_study_are_grouped_by_its_fields(make_run, tmp_path):
  runs = [
    make_run('runs/a', 0.5),
    make_run('runs/b', 0.7, seed=1),
    make_run('runs/c', 0.3, 'set', updater={'name': 'set', 'drop': 0.1}),
    make_run('runs/half'),
  ]
  make_run('runs/of_another', 0.9)
  study = tmp_path / 'study'
  study.mkdir()
  member_list.write(study, tmp_path / 'runs', [run.name for run in runs])
  table = read_results(study, runs[0], metrics=['test_accuracy'])
  assert len(table) == 3
  means = table.groupby(['updater.name', 'model.f'])['value'].mean()
  assert means.to_dict() == {('rigl', (9, 8)): 0.6, ('set', (9, 8)): 0.3}
  assert table['updater.drop'].isna().tolist() == [True, True, False]


def test_what_is_not_finished_has_no_line(make_run):
  assert read_results(make_run('half')).empty


def test_a_folder_without_runs_is_named(tmp_path):
  with pytest.raises(ValueError, match=f'{tmp_path} holds no run'):
    read_results(tmp_path)
