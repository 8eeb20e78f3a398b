"""Results of a study, from which its report is written."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jaxsparse.claims.estimates import sample
from jaxsparse.claims.verdicts import Judgement, judge
from jaxsparse.plotting.charts import Drawing
from jaxsparse.results import metrics
from jaxsparse.results.names import count
from jaxsparse.results.rows import MemberResult, Pooled, Row
from jaxsparse.studies.spec import Study

NOT_RECORDED = 'not recorded'
_NAMED = 3


class Results(NamedTuple):
  """A study that has been run.

  Attributes:
    study: as it was run, with overrides from the command line.
    name: a short one, for titles and logs ('digits_init').
    members: every one, in the order of rows, then seeds.
    command: what to type to run it again.
    versions: `(package, version)` of the software of the members, and the
      machine: ('jax', '0.10.2'), ('device', 'cpu x 2') ...
    pooled: numbers of rows by metric, of pooled analyses.
    drawings: figures of analyses.
    verdicts: on each claim of the study, from `judged`.
  """

  study: Study
  name: str
  members: tuple[MemberResult, ...]
  command: str
  versions: tuple[tuple[str, str], ...]
  pooled: Mapping[Row, Mapping[str, Pooled]] = {}
  drawings: tuple[Drawing, ...] = ()
  verdicts: tuple[Judgement, ...] = ()

  def of(self, row: Row) -> Sequence[MemberResult]:
    """Returns the members of a row, by seed."""
    return [member for member in self.members if member.row == row]

  def judged(self) -> 'Results':
    """Returns these results with the verdicts on the claims of the study."""

    def label(name: str) -> str:
      return self.study.run(name).display_name

    judged = []
    for claim in self.study.claims:
      name = claim.metric
      samples = {
        row: sample(self.of(row), metrics.pooled(self.pooled, row, name), name)
        for row in self.study.rows()
      }
      verdicts = tuple(judge(claim, samples, label))
      judged.append(Judgement(claim.sentence(label), verdicts))
    return self._replace(verdicts=tuple(judged))


def collected(members: Sequence[MemberResult]) -> tuple[tuple[str, str], ...]:
  """Returns `(package, version)` for the members that are done.

  Where versions differ, the text lists each: the most common one with the
  number of its members, the rest with their folders. Versions come from the
  summaries, not from the process that writes the report.
  """
  by_folder: dict[str, dict[str, str]] = {
    member.root.name: member.summary.get('made_with', {})
    for member in members
    if member.root is not None and member.summary is not None
  }
  names = dict.fromkeys(
    name for versions in by_folder.values() for name in versions
  )
  if not names and by_folder:
    return (('versions', NOT_RECORDED),)
  return tuple((name, _text(name, by_folder)) for name in names)


def _text(name: str, by_folder: dict[str, dict[str, str]]) -> str:
  folders: dict[str, list[str]] = {}
  for folder, versions in sorted(by_folder.items()):
    folders.setdefault(versions.get(name, NOT_RECORDED), []).append(folder)
  if len(folders) == 1:
    return next(iter(folders))
  most, *rest = sorted(folders, key=lambda v: (-len(folders[v]), v))
  parts = [f'{most} ({count(len(folders[most]), "member")})']
  parts += [f'{version} ({_listed(folders[version])})' for version in rest]
  return 'differs: ' + '; '.join(parts)


def _listed(folders: Sequence[str]) -> str:
  named = ', '.join(folders[:_NAMED])
  unnamed = len(folders) - _NAMED
  return f'{named} and {unnamed} more' if unnamed > 0 else named
