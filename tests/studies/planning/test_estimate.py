import json

import pytest

from jaxsparse.config import identity
from jaxsparse.runs.build import build
from jaxsparse.studies.planning import estimate
from jaxsparse.studies.planning.estimate import Estimates


def keep(runs_dir, name, config, **summary):
  """A finished run of `config`."""
  folder = runs_dir / name
  folder.mkdir(parents=True)
  content = {'digest': 'x', 'config': config}
  (folder / 'config.json').write_text(identity.to_json(content))
  always = {'test_accuracy': {}, 'sparsity': 0.9, 'config_digest': 'x'}
  (folder / 'summary.json').write_text(json.dumps(always | summary))


@pytest.fixture
def experiment(make_config):
  return build(make_config())


def test_the_time_is_that_of_finished_members_like_it(
  make_config, experiment, tmp_path
):
  alike = {'seed': 3, 'updater__sparsity': 0.5, 'optimizer__learning_rate': 1.0}
  alike |= {'init__signs': '/other', 'init__signs_step': 0}
  unlike = ({'num_steps': 31}, {'model__features': (17,)})
  for i, seconds in enumerate((10.0, 12.0, 50.0)):
    config = build(make_config(**alike)).config
    keep(tmp_path, f'a{i}', config, wall_seconds=seconds)
  for i, fields in enumerate(unlike):
    keep(tmp_path, f'b{i}', build(make_config(**fields)).config, wall_seconds=1)
  vmapped = build(make_config(seed=4)).config
  together = {'how': 'vmap', 'width': 8, 'devices': 1}
  keep(tmp_path, 'c', vmapped, wall_seconds=2.0, execution=together)
  found = Estimates(tmp_path)
  assert found.whole(experiment, 'one_by_one') == (12.0, False)
  assert found.whole(experiment, 'vmap') == (2.0, False)


def test_without_one_it_is_rough(experiment, tmp_path, monkeypatch):
  monkeypatch.setattr(estimate, '_peak', lambda: 1e9)
  found = Estimates(tmp_path).whole(experiment, 'one_by_one')
  assert found.rough
  # Forward and backward: three products of each kernel, but for the first,
  # whose inputs need no gradient; two operations a weight and example.
  products = 2 * 16 * (2 * 64 * 16 + 3 * 16 * 10)
  least = 30 * 3 * products / 1e9
  assert least < found.seconds < 30 * (3 * 3 * products / 1e9 + 1e-3)


def test_directories_of_other_people_are_passed_over(experiment, tmp_path):
  keep(tmp_path, 'a', {'other': 1}, wall_seconds=5)
  (tmp_path / 'b').mkdir()
  (tmp_path / 'b' / 'summary.json').write_text('not JSON')
  assert Estimates(tmp_path).whole(experiment, 'one_by_one').rough
