"""What a job installs: the commit of a checkout, by the URL of its remote."""

import pathlib
import re
import subprocess

_SCP_LIKE = re.compile(r'(?:ssh://)?git@([^:/]+)[:/](.+)')
_PASSWORD = re.compile('//[^/@]+@')


def of_checkout(root: pathlib.Path) -> str:
  """Returns 'git+URL@COMMIT' of the checkout in `root`.

  Raises:
    ValueError: there is no checkout, files differ from its commit, or no branch
      of its remote has the commit.
  """
  if not (root / '.git').exists():
    raise ValueError(
      f'{root} is no checkout of git; --source=git+URL@COMMIT says what a job'
      ' is to install'
    )
  if changed := _git(root, 'status', '--porcelain'):
    raise ValueError(
      'a job installs a commit, and these files differ from theirs:'
      f' {", ".join(line.split()[-1] for line in changed.splitlines())};'
      ' commit and push them, or give --source=git+URL@COMMIT'
    )
  commit = _git(root, 'rev-parse', 'HEAD')
  branches = _git(root, 'branch', '--remotes', '--contains', commit)
  if not branches:
    raise ValueError(
      f'no branch of a remote has the commit {commit}; push it, or give'
      ' --source=git+URL@COMMIT'
    )
  remote = branches.split()[0].partition('/')[0]
  url = _git(root, 'remote', 'get-url', remote)
  # The machine of a job has no key, and is told no password.
  url = _PASSWORD.sub('//', _SCP_LIKE.sub(r'https://\1/\2', url))
  return f'git+{url}@{commit}'


def _git(root: pathlib.Path, *words: str) -> str:
  """Returns what git prints.

  Raises:
    ValueError: git ends with an error.
  """
  ended = subprocess.run(
    ['git', '--no-optional-locks', *words],
    cwd=root,
    capture_output=True,
    text=True,
    check=False,
  )
  if ended.returncode:
    raise ValueError(f'git {" ".join(words)}: {ended.stderr.strip()}')
  return ended.stdout.strip()
