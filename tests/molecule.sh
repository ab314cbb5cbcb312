#!/usr/bin/env bash
# Usage: molecule.sh [--keep] [SCENARIO ...]. Runs these scenarios, or all, on
# machines that are made before, where they are missing, and removed afterwards
# unless they are to be kept.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.venv/bin:$PATH ANSIBLE_HOME=$PWD/.ansible ANSIBLE_COLLECTIONS_PATH=$PWD/.ansible/collections
# Molecule's second choice for a collection, ours for its short path.
export MOLECULE_GLOB='molecule/*/molecule.yml'

destroy=always
if [ "${1:-}" = --keep ]; then
  destroy=never
  shift
fi
if [ $# -eq 0 ]; then
  exec molecule test --all --destroy="$destroy"
fi
# Molecule takes one scenario for prepared when another one was.
molecule prepare --force "${@/#/--scenario-name=}"
exec molecule test --destroy="$destroy" "${@/#/--scenario-name=}"
