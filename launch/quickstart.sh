#!/usr/bin/env bash
# The main job, from nothing but a Python and a package index: dense against
# static, SET and RigL. Arguments go to launch.quickstart; --help lists them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/venv.sh"

ensure_venv
cd "$root"
exec "$python" -m launch.quickstart "$@"
