#!/usr/bin/env bash
# Lint, format, types, then the tests. Arguments go to pytest, which runs in
# the root of the checkout: tests/run.sh tests/core -k topk; tests/run.sh -m slow
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../launch/venv.sh"

# Half of the packages' files are never imported, and need no bytecode. To pip 0
# stands for yes in this option.
export PIP_NO_COMPILE=0
ensure_venv test
cd "$root"
# Or each process that a test starts compiles the sources.
unset PYTHONDONTWRITEBYTECODE
"$python" -m ruff check .
"$python" -m ruff format --check .
"$python" -m mypy
"$python" -m pytest -n 2 --dist worksteal "$@"
