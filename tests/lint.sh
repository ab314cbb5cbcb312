#!/usr/bin/env bash
# Style, types and forms. Runs every tool, and fails when one of them found something.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
export PATH=$PWD/.venv/bin:$PATH ANSIBLE_HOME=$PWD/.ansible ANSIBLE_COLLECTIONS_PATH=$PWD/.ansible/collections

failed=()
check() {
  echo "lint: $*"
  "$@" || failed+=("$1")
}

check ruff check --quiet .
check ruff format --quiet --check .
# Through the link, so that modules import each other by the names they have on Ansible's side.
check mypy .ansible/collections/ansible_collections/selfhosted/llm/plugins
check mypy molecule/shared tests/support tests/unit tests/integration tests/readme tests/browser tests/soak tests/bench
check ansible-lint --offline --strict -q
mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
check shellcheck "${scripts[@]}"
check antsibull-changelog lint
forms=(check-jsonschema --quiet --builtin-schema)
check "${forms[@]}" vendor.github-workflows .github/workflows/*.yml
check "${forms[@]}" vendor.github-issue-forms .github/ISSUE_TEMPLATE/{bug,feature}.yml
check "${forms[@]}" vendor.renovate renovate.json
check zizmor --quiet --offline .github

if [ ${#failed[@]} -gt 0 ]; then
  echo "lint: failed: ${failed[*]}" >&2
  exit 1
fi
