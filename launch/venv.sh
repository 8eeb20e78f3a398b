# Sourced by the scripts that set themselves up; no program by itself.
#
# ensure_venv [EXTRA]: makes .venv in the checkout, or reuses it, with what
# jaxsparse (and its extra EXTRA) needs, and sets `python` to its interpreter.
# Installs only when setup.cfg or pyproject.toml differ from those that were
# last installed. PYTHON names another interpreter than python3.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
python="$root/.venv/bin/python"

die() {
  echo "error: $*" >&2
  exit 1
}

check_python() {
  local found
  found="$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' \
    2>/dev/null)" ||
    die "'$1' does not run; set PYTHON to a Python of 3.11 or newer"
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "jaxsparse needs Python 3.11 or newer; '$1' is $found." \
      "Set PYTHON to a newer one, e.g. PYTHON=python3.11 $0"
}

make_venv() {
  local base="${PYTHON:-python3}"
  local ours="$root/.venv/made-by-jaxsparse"
  check_python "$base"
  if [ -e "$root/.venv" ] && [ ! -e "$ours" ]; then
    die "$root/.venv has no pip and was not made here; move it away"
  fi
  echo "making $root/.venv" >&2
  rm -rf "$root/.venv"
  mkdir "$root/.venv" && touch "$ours"
  "$base" -m venv "$root/.venv" ||
    die "'$base -m venv' failed; on Debian: apt install python3-venv"
  # The pip that comes with Python may take twice the time.
  "$python" -m pip install --quiet --disable-pip-version-check --upgrade pip ||
    die "pip could not upgrade itself"
}

ensure_venv() {
  local extra="${1:-}"
  local stamp="$root/.venv/installed-${extra:-base}"
  local wanted
  wanted="$(cat "$root/setup.cfg" "$root/pyproject.toml")"
  if [ -x "$python" ] && [ "$wanted" = "$(cat "$stamp" 2>/dev/null)" ]; then
    return
  fi
  "$python" -m pip --version >/dev/null 2>&1 || make_venv
  echo "installing what jaxsparse needs; minutes the first time" >&2
  "$python" -m pip install --quiet --disable-pip-version-check \
    --editable "$root${extra:+[$extra]}" || die "pip could not install it"
  printf '%s' "$wanted" >"$stamp"
}
