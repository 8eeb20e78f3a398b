"""`python -m launch.benchmark`: which topics it measures."""


def test_what_takes_minutes_is_measured_where_it_is_named(launch):
  ended = launch(['--help'], module='benchmark')
  usage = ' '.join(ended.out.split())
  assert 'all but starting and whole_job by default' in usage


def test_topics_that_do_not_exist_are_refused(launch):
  ended = launch(['--only=whole_jobs'], module='benchmark')
  assert ended.code == 2
  assert 'whole_job' in ended.err
