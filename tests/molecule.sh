#!/usr/bin/env bash
# Usage: molecule.sh [SCENARIO ...]. Runs these scenarios, or all, on machines
# that are made before and removed afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.venv/bin:$PATH ANSIBLE_HOME=$PWD/.ansible ANSIBLE_COLLECTIONS_PATH=$PWD/.ansible/collections
# Molecule's second choice for a collection, ours for its short path.
export MOLECULE_GLOB='molecule/*/molecule.yml'

if [ $# -eq 0 ]; then
  exec molecule test --all
fi
molecule test "${@/#/--scenario-name=}"
