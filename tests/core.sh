#!/usr/bin/env bash
# Usage: core.sh VERSION [INVENTORY HOST], such as core.sh 2.17. Runs the unit tests with the newest ansible-core of that version, and
# site.yml twice on a machine that another one has converged: the second run has to find nothing to do. PYTHON as in
# environment.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1
shift

environment=$(bash tests/environment.sh "$version")
export ANSIBLE_HOME=$PWD/.ansible ANSIBLE_COLLECTIONS_PATH=$PWD/.ansible/collections
"$environment/bin/ansible" --version | sed -n 1p
"$environment/bin/python" -m pytest tests/unit
if [ $# -gt 0 ]; then
  run=("$environment/bin/ansible-playbook" site.yml --inventory "$1" --limit "$2")
  # Tests may have left something to mend.
  "${run[@]}"
  recap=$("${run[@]}" | tee >(cat >&2) | grep "^$2 .*:")
  grep --quiet 'changed=0 .*failed=0' <<<"$recap"
fi
