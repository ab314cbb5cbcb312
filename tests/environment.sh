#!/usr/bin/env bash
# Usage: environment.sh VERSION, such as 2.17 or devel. Makes a virtual environment with the newest ansible-core of that version
# and what the unit tests need, keeps it in .cache, and prints where it is. PYTHON=python3.12 makes it of another Python than
# that of .venv, which ansible-core 2.20 and newer need.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1

environment=.cache/ansible-core-$version${PYTHON:+-$(basename "$PYTHON")}
core="ansible-core~=$version.0"
if [ "$version" = devel ]; then
  core=https://github.com/ansible/ansible/archive/devel.tar.gz
fi
constraints=$(mktemp)
trap 'rm -f "$constraints"' EXIT
# What is compiled is pinned for the Python of .venv, and there may be none of it for another.
grep --invert-match --extended-regexp '^(ansible-core|matplotlib|numpy)=' requirements-dev.txt >"$constraints"
"${PYTHON:-.venv/bin/python}" -m venv "$environment" >&2
"$environment/bin/pip" install --quiet --disable-pip-version-check --constraint "$constraints" \
  "$core" gguf hypothesis matplotlib numpy prometheus_client pytest requests >&2
echo "$environment"
