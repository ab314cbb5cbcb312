#!/usr/bin/env bash
# Usage: artifact.sh [--inventory PATH --limit HOST]. Builds what Galaxy would get, looks whether it is whole and works alone, beside
# nothing but ansible-core and without this checkout's settings, and what Galaxy says of it. The artifact is in tests/output/artifact
# afterwards. With an inventory its site.yml runs on a host of that in the place of Galaxy's word, twice: the second run has to find
# nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."
inventory=() limit=
while [ $# -gt 0 ]; do
  case $1 in
    --inventory) inventory=(--inventory "$(realpath "$2")") ;;
    --limit) limit=$2 ;;
    *)
      sed -n 2,5p "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done

checkout=$PWD
output=$PWD/tests/output/artifact${limit:+-$limit}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$output"
mkdir -p "$output" "$work"/{tree,home,collections}

# Says what a command printed when it failed.
quietly() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }
}

# In an environment of its own, and without anything of ours.
alone() (
  mapfile -t ours < <(compgen -e ANSIBLE_)
  unset PYTHONPATH "${ours[@]}"
  # shellcheck disable=SC2030 # what is set here is for here
  export HOME=$work/home ANSIBLE_COLLECTIONS_PATH=$work/collections PATH=$work/venv/bin:$PATH
  cd "$work/home"
  if ! ansible-galaxy collection install --timeout 20 "$artifact" >"$work/log" 2>&1; then
    echo "artifact: Galaxy does not answer; taking its dependencies from this checkout"
    quietly ansible-galaxy collection install --no-deps "$artifact"
    ln -s "$checkout"/.ansible/collections/ansible_collections/community "$work/collections/ansible_collections/"
  fi

  for kind in module role; do
    ansible-doc --type "$kind" --json --list selfhosted.llm >"$work/$kind.json"
  done
  python "$checkout/tests/support/artifact.py" "$artifact" "$work/module.json" "$work/role.json"
  for playbook in "$work"/collections/ansible_collections/selfhosted/llm/playbooks/*.yml; do
    quietly ansible-playbook "selfhosted.llm.$(basename "$playbook" .yml)" --inventory localhost, --syntax-check
  done
  # It needs no server.
  quietly ansible localhost --module-name selfhosted.llm.machine_info --args '{"commands": {"who": ["id", "-u"]}}'
  grep --quiet '"rc": 0' "$work/log"
  echo "artifact: works beside nothing but $(ansible --version | sed -n '1s/[][]//gp')"

  [ ${#inventory[@]} -gt 0 ] || return 0
  for run in 1 2; do
    ansible-playbook selfhosted.llm.site "${inventory[@]}" --limit "$limit" | tee "$output/site-$run.log"
  done
  grep --quiet "^$limit .*changed=0 .*failed=0" "$output/site-2.log"
)

# As Galaxy looks at it when it comes in: each warning and error is one too many.
imported() (
  local environment=$checkout/.cache/release artifact=$artifact
  .venv/bin/python -m venv "$environment"
  grep --extended-regexp '^ansible-(core|lint)=' requirements-dev.txt >"$work/constraints.txt"
  "$environment/bin/pip" install --quiet --disable-pip-version-check --constraint "$work/constraints.txt" \
    --requirement requirements-release.txt ansible-core ansible-lint
  # Without an address of its repository it takes nothing in, and there is none yet.
  if ! grep --quiet '^repository:' galaxy.yml; then
    echo "artifact: galaxy.yml has no repository; the importer is shown a stand-in"
    echo "repository: https://example.com/selfhosted.llm" >>"$work/tree/galaxy.yml"
    quietly .venv/bin/ansible-galaxy collection build --output-path "$work" "$work/tree"
    artifact=$work/$(basename "$artifact")
  fi
  # shellcheck disable=SC2031
  export PATH=$environment/bin:$PATH GALAXY_IMPORTER_RUN_ANSIBLE_LINT=false
  (cd "$work" && python -m galaxy_importer.main "$artifact") | tee "$output/importer.log"
  if grep --extended-regexp --quiet '^(WARNING|ERROR): ' "$output/importer.log" ||
    ! grep --quiet 'completed successfully' "$output/importer.log"; then
    echo "artifact: Galaxy would have something to say" >&2
    exit 1
  fi
  # The importer would give it three minutes, which is too little where other tests run, and no other collection.
  cd "$work/collections/ansible_collections/selfhosted/llm"
  ANSIBLE_COLLECTIONS_PATH=$work/collections quietly ansible-lint --offline --nocolor --profile production --format pep8 \
    --skip-list yaml,var-naming
)

# What git tracks, as it is now: what lies around here is in no artifact.
git ls-files --deduplicate | while read -r file; do
  [ ! -e "$file" ] || echo "$file"
done | tar --create --files-from=- | tar --extract --directory "$work/tree"
quietly .venv/bin/ansible-galaxy collection build --output-path "$output" "$work/tree"
artifact=$(echo "$output"/selfhosted-llm-*.tar.gz)
.venv/bin/python tests/support/artifact.py "$artifact"

.venv/bin/python -m venv "$work/venv"
grep '^ansible-core' requirements.txt >"$work/requirements.txt"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$work/requirements.txt"
alone
[ ${#inventory[@]} -eq 0 ] || exit 0

imported
# What execution-environment.yml takes.
cp "$artifact" "$output/selfhosted-llm.tar.gz"
quietly .cache/release/bin/ansible-builder create --context "$work/context"
[ -e "$work/context/_build/collection/selfhosted-llm.tar.gz" ]
echo "artifact: $artifact"
