"""Results of a study, from which its report is written."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jaxsparse.claims.estimates import sample
from jaxsparse.claims.verdicts import Judgement, judge
from jaxsparse.plotting.charts import Drawing
from jaxsparse.results import metrics
from jaxsparse.results.rows import MemberResult, Pooled, Row
from jaxsparse.studies.spec import Study


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
