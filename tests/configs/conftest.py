"""How a study is planned without data, by shapes alone."""

import dataclasses

import pytest

from jaxsparse.claims.estimates import Sample
from jaxsparse.runs import reading
from jaxsparse.runs.build import build
from jaxsparse.studies import config_files
from jaxsparse.studies.planning.members import expand


def planned(name, **changed):
  """What a config is planned as, with other values of top-level fields."""
  config = config_files.load_config(name)
  config.data.dir = '/nowhere'
  config.update(changed)
  return build(config, reading.describe)


def one_seed(study, **overrides):
  """What one seed of each run is planned as, by run and point."""
  study = dataclasses.replace(
    study,
    runs=tuple(
      dataclasses.replace(
        run,
        seeds=1,
        overrides={**run.overrides, 'data.dir': '/nowhere', **overrides},
      )
      for run in study.runs
    ),
  )
  made = expand(study, '/nowhere/runs', reading.describe)
  assert [cell.error for cell in made.cells if cell.error] == []
  return {
    (cell.row.run, *(value for _, value in cell.row.point)): made.members[
      cell.member
    ].experiment
    for cell in made.cells
  }


def only(study, *names):
  """The study with these runs alone; no claims or figures."""
  return dataclasses.replace(
    study,
    claims=(),
    figures=(),
    runs=tuple(run for run in study.runs if run.name in names),
  )


def reduced(study, points=1):
  """The study with the last points of each grid alone; no claims or figures."""
  return dataclasses.replace(
    study,
    claims=(),
    figures=(),
    runs=tuple(
      dataclasses.replace(
        run,
        grid={field: v[-points:] for field, v in run.grid.items()},
        paper={},
      )
      for run in study.runs
    ),
  )


def printed(study):
  """Three seeds of each row of which the paper has a number, about it."""
  numbers = {
    row: study.run(row.run).paper_value(row, 'test_accuracy')
    for row in study.rows()
  }
  return {
    row: Sample(tuple(number + d for d in (-0.01, 0.0, 0.01)), 3)
    for row, number in numbers.items()
    if number is not None
  }


@pytest.fixture(name='planned', scope='session')
def _planned():
  return planned


@pytest.fixture(name='one_seed', scope='session')
def _one_seed():
  return one_seed


@pytest.fixture(name='only', scope='session')
def _only():
  return only


@pytest.fixture(name='reduced', scope='session')
def _reduced():
  return reduced


@pytest.fixture(name='printed', scope='session')
def _printed():
  return printed
