"""Members that are damaged, or whose sources have changed."""

import dataclasses
import shutil

import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.studies.planning.plan import plan
from jaxsparse.studies.planning.plan_text import text as plan_text
from jaxsparse.studies.running import run as run_lib
from jaxsparse.studies.spec import Analysis
from jaxsparse.training.checkpoints import load_params


def run(study, root, **arguments):
  return run_lib.run(
    study, root, root / 'runs', name='small', command='again', **arguments
  )


def count_files(workdirs):
  return {'records': (workdirs[0] / 'metrics.jsonl').stat().st_size}


@pytest.fixture(scope='module')
def damaged(study, tiny, tmp_path_factory):
  """A member of each kind of damage, one that is whole, and one to come."""
  asked = study(
    tiny('rigl', seeds=4),
    tiny('ticket', 'static', {'init.checkpoint': '{rigl@0}'}),
    analyses=(Analysis('count', ('rigl',), count_files),),
  )
  root = tmp_path_factory.mktemp('damaged')
  folders = [
    root / 'runs' / name
    for name in plan(asked, root / 'runs', 'auto').expanded.members
  ]
  run(dataclasses.replace(asked, runs=asked.runs[:1], analyses=()), root)
  (folders[0] / 'summary.json').write_text('{"half')
  (folders[1] / 'config.json').write_text('{"half')
  (folders[2] / 'config.json').unlink()
  planned = plan(asked, root / 'runs', 'auto')
  return folders, planned, run(asked, root)


class TestDamage:
  """Members that somebody has damaged: told, and the rest goes on."""

  def test_each_is_told_in_its_cell(self, damaged):
    folders, _, results = damaged
    said = ('summary.json cannot be read', 'config.json is not the', 'holds ')
    for folder, member, text in zip(
      folders[:3], results.members[:3], said, strict=True
    ):
      assert member.kind == 'blocked'
      assert member.root is member.summary is None
      assert text in member.error
      assert member.error.startswith(folder.name)

  def test_the_rest_goes_on(self, damaged):
    _, _, results = damaged
    fourth = results.members[3]
    assert fourth.kind == 'done'
    assert fourth.summary['records'] > 0

  def test_what_starts_from_one_is_told_too(self, damaged):
    folders, _, results = damaged
    ticket = results.members[-1]
    assert ticket.kind == 'blocked'
    assert ticket.error.startswith(f'starts from {folders[0].name}: ')
    assert not folders[-1].exists()

  def test_the_plan_says_so(self, damaged):
    folders, found, _ = damaged
    kinds = [status.kind for status in found.statuses.values()]
    assert kinds == [*['broken'] * 3, 'done', 'new']
    lines = plan_text(found).splitlines()
    for folder in folders[:3]:
      assert sum(line.startswith(f'broken   {folder.name}') for line in lines)

  def test_nothing_there_was_touched(self, damaged):
    folders, _, _ = damaged
    assert (folders[0] / 'summary.json').read_text() == '{"half'
    assert (folders[1] / 'config.json').read_text() == '{"half'
    assert not (folders[2] / 'config.json').exists()


def test_a_member_whose_source_has_changed_is_made_anew(study, tiny, tmp_path):
  """It has a directory of its own, and that of what it was is left."""
  asked = study(
    tiny('rigl'), tiny('ticket', 'static', {'init.masks': '{rigl}'})
  )
  source, old = (m.root for m in run(asked, tmp_path).members)
  other = run(study(tiny('rigl', seeds=(1,))), tmp_path).members[0].root
  # Another net under the name and config of the first.
  shutil.rmtree(source / 'checkpoints')
  shutil.copytree(other / 'checkpoints', source / 'checkpoints')
  before = {p: p.stat().st_mtime_ns for p in old.rglob('*')}
  _, new = (m.root for m in run(asked, tmp_path).members)
  assert new.name == f'{old.name}-2'
  found, expected = (paths.flatten(load_params(r)[1]) for r in (new, other))
  for path, mask in expected.items():
    np.testing.assert_array_equal(found[path], mask)
  assert before == {p: p.stat().st_mtime_ns for p in before}
  assert [m.root for m in run(asked, tmp_path).members] == [source, new]
  # What is finished needs no source.
  shutil.rmtree(source / 'checkpoints')
  found = plan(asked, tmp_path / 'runs', 'auto')
  assert {s.kind for s in found.statuses.values()} == {'done'}
