import pytest

from jaxsparse.results import member_list


def names(root):
  return [path.name for path in member_list.read(root)]


def test_members_replace_those_before_or_join_them(tmp_path):
  runs_dir = tmp_path / 'runs'
  member_list.write(tmp_path, runs_dir, ['b', 'a'])
  member_list.write(tmp_path, runs_dir, ['c'])
  assert names(tmp_path) == ['c']
  member_list.write(tmp_path, runs_dir, ['d', 'b'], joins=True)
  assert names(tmp_path) == ['b', 'c', 'd']
  member_list.write(tmp_path, runs_dir, ['c', 'a'], joins=True)
  assert names(tmp_path) == ['a', 'b', 'c', 'd']


def test_members_join_those_of_the_same_folder_alone(tmp_path):
  member_list.write(tmp_path, tmp_path / 'x', ['a'])
  member_list.write(tmp_path, tmp_path / 'y', ['b'], joins=True)
  assert member_list.read(tmp_path) == [tmp_path / 'y' / 'b']


@pytest.mark.parametrize('text', [None, '{"half', '[]'])
def test_where_none_are_noted_members_join_nothing(tmp_path, text):
  if text:
    (tmp_path / 'study.json').write_text(text)
  member_list.write(tmp_path, tmp_path, ['a'], joins=True)
  assert names(tmp_path) == ['a']
