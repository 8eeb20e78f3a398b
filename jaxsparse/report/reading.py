"""How to read a report: the same words on the page and in the text."""

from jaxsparse.claims import verdicts

TITLE = 'How to read it'
PARAGRAPHS = (
  'Numbers are mean ± sample standard deviation (n), over the n seeds that'
  ' have one; a difference is our mean less the paper’s number.',
  'Intervals in brackets are 95 % confidence intervals: of a mean by'
  ' Student’s t, of a difference by Welch’s, of a ratio by Welch’s for'
  ' logarithms, of a number of all seeds together by the jackknife,'
  ' of a trend for the least-squares slope of the means.'
  ' An ordering is judged on the differences between neighbours, corrected'
  ' for their number (Bonferroni), and a trend fails where one of these goes'
  f' the other way. {verdicts.ALONE}',
  'A claim holds where its interval lies wholly where it says, fails where'
  ' it lies wholly outside, and is undecided where it has both. It is'
  ' undecided, too, where there are too few seeds for an interval, where the'
  ' seeds agree exactly (of a number that the config does not settle), and'
  ' where seeds are missing.',
  'Seeds that failed are left out of means and intervals, which are then of'
  ' the seeds that did not.',
)
