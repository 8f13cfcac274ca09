#!/usr/bin/env bash
# Make the virtual environment with every pinned package. Repeatable. Usage: ./setup.sh VENV
set -euo pipefail
venv=$1
cd "$(dirname "$0")"

python=""
for candidate in "${PYTHON:-}" python3.12 python3.13 python3; do
  [ -n "$candidate" ] || continue
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "LotOne needs Python 3.12 or newer; install it, or name it with PYTHON=/path/to/python3.12, and run the command again." >&2
  exit 1
fi
if [ -x "$venv/bin/python" ] && ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then
  rm -rf "$venv"
fi
echo "Setting up LotOne in $venv, once: packages are fetched (1.1 GB on disk), then compiled. That takes one to four minutes." >&2
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
# Where Python is told to keep no compiled modules, every process of every start would compile them all anew.
unset PYTHONDONTWRITEBYTECODE
# Not compiled here: half of the time would go into modules that nobody imports; the last line compiles those that are.
# With a lock (`make lock`) only the files that it names by their SHA-256 are taken.
if [ -f requirements.lock ]; then
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.lock
else
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
echo "Packages are there; LotOne is compiled." >&2
# Searches are compiled by numba and kept beside their modules; without this the first day plan and the first `lotone scheduler solve` would wait for it.
"$venv/bin/python" -m scheduler.compiling
# What the processes import, compiled once here instead of by all of them at once at the first start.
"$venv/bin/python" -c 'import ezdxf, lotone.demo, lotone.reference, lotone.relay, lotone.seed, lotone.web, lotone.worker'
