"""What `jaxsparse.experiments` had is imported by its old paths too."""

import importlib
import pickle

import pytest

from jaxsparse import claims
from jaxsparse.analyses import barrier
from jaxsparse.config import defaults, fields
from jaxsparse.optim import optimizers
from jaxsparse.plotting import figures
from jaxsparse.report.compare import plot
from jaxsparse.runs import build, reading
from jaxsparse.studies import search, spec


@pytest.mark.parametrize(
  ('path', 'module'),
  [
    ('build', build),
    ('config', defaults),
    ('fields', fields),
    ('optimizers', optimizers),
    ('figures', figures),
    ('search', search),
    ('studies.spec', spec),
    ('studies.claims.kinds', claims),
    ('analyses.barrier', barrier),
    ('compare.plot', plot),
  ],
)
def test_an_old_path_is_the_very_module(path, module):
  name, own = module.__name__, module.__spec__
  found = importlib.import_module(f'jaxsparse.experiments.{path}')
  assert found is module
  assert (found.__name__, found.__spec__) == (name, own)
  assert pickle.loads(pickle.dumps(spec.Run('a', 'b'))) == spec.Run('a', 'b')


def test_a_module_is_an_attribute_too():
  from jaxsparse import experiments

  assert experiments.reading is reading
  with pytest.raises(AttributeError, match="no attribute 'nothing'"):
    _ = experiments.nothing
  with pytest.raises(ModuleNotFoundError):
    importlib.import_module('jaxsparse.experiments.nothing')
