#!/usr/bin/env bash
# Usage: artifact.sh [--inventory PATH --limit HOST]. Builds what Galaxy would get, looks whether it is whole and works alone, beside
# nothing but ansible-core and without this checkout's settings, and what Galaxy says of it. The artifact is in tests/output/artifact
# afterwards. With an inventory its site.yml runs on a host of that in the place of Galaxy's word, twice: the second run has to find
# nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."
checkout=$PWD
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

output=$PWD/tests/output/artifact${limit:+-$limit}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$output"
mkdir -p "$output" "$work"/{tree,home,collections}

# What git tracks, as it is now: what lies around here is in no artifact.
git ls-files -z | tar --create --null --ignore-failed-read --files-from=- 2>/dev/null | tar --extract --directory "$work/tree"
.venv/bin/ansible-galaxy collection build --output-path "$output" "$work/tree" >"$work/build.log"
artifact=$(echo "$output"/selfhosted-llm-*.tar.gz)
.venv/bin/python tests/support/artifact.py "$artifact"

# Its own environment, and nothing of ours in it.
.venv/bin/python -m venv "$work/venv"
grep '^ansible-core' requirements.txt >"$work/requirements.txt"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$work/requirements.txt"
mapfile -t ours < <(compgen -e ANSIBLE_)
unset PYTHONPATH "${ours[@]}"
export HOME=$work/home ANSIBLE_COLLECTIONS_PATH=$work/collections PATH=$work/venv/bin:$PATH
cd "$work/home"
if ! ansible-galaxy collection install --timeout 20 "$artifact" >"$work/galaxy.log" 2>&1; then
  echo "artifact: Galaxy does not answer; taking its dependencies from this checkout"
  ansible-galaxy collection install --no-deps "$artifact" >"$work/galaxy.log"
  ln -s "$checkout"/.ansible/collections/ansible_collections/community "$work/collections/ansible_collections/"
fi

installed=$work/collections/ansible_collections/selfhosted/llm
for kind in module role; do
  ansible-doc --type "$kind" --json --list selfhosted.llm >"$work/$kind.json"
done
python "$checkout/tests/support/artifact.py" "$artifact" "$work/module.json" "$work/role.json"
for playbook in "$installed"/playbooks/*.yml; do
  name=$(basename "$playbook" .yml)
  ansible-playbook "selfhosted.llm.$name" --inventory localhost, --syntax-check >"$work/syntax.log" 2>&1 ||
    { cat "$work/syntax.log" >&2 && exit 1; }
done
arguments='{"commands": {"who": ["id", "-u"]}, "files": ["/"]}'
ansible localhost --inventory localhost, --connection local --module-name selfhosted.llm.machine_info --args "$arguments" |
  grep --quiet '"rc": 0'
echo "artifact: works where there is nothing but $(ansible --version | sed -n '1s/ \[/ /;1s/\]//p')"

if [ ${#inventory[@]} -gt 0 ]; then
  for run in 1 2; do
    ansible-playbook selfhosted.llm.site "${inventory[@]}" --limit "$limit" | tee "$output/site-$run.log"
  done
  grep --quiet "^$limit .*changed=0 .*failed=0" "$output/site-2.log"
  exit
fi

# As Galaxy looks at it when it comes in. What it has to say is a warning or an error.
cd "$checkout"
environment=$checkout/.cache/release
.venv/bin/python -m venv "$environment"
grep --extended-regexp '^ansible-(core|lint)=' requirements-dev.txt >"$work/constraints.txt"
"$environment/bin/pip" install --quiet --disable-pip-version-check --constraint "$work/constraints.txt" \
  --requirement requirements-release.txt ansible-core ansible-lint
# It shows ansible-lint no collection but this one; what lies beside ansible-core is found all the same.
ln -sfn "$PWD/.ansible/collections/ansible_collections" "$(echo "$environment"/lib/python*/site-packages)/ansible_collections"
# Without an address of its repository it takes nothing in, and there is none yet.
imported=$artifact
if ! grep --quiet '^repository:' galaxy.yml; then
  echo "artifact: galaxy.yml has no repository; the importer is shown a stand-in"
  echo "repository: https://example.com/selfhosted.llm" >>"$work/tree/galaxy.yml"
  .venv/bin/ansible-galaxy collection build --output-path "$work" "$work/tree" >"$work/build.log"
  imported=$work/$(basename "$artifact")
fi
cd "$work"
PATH=$environment/bin:$PATH "$environment/bin/python" -m galaxy_importer.main "$imported" | tee "$output/importer.log"
if grep --extended-regexp --quiet '^(WARNING|ERROR): ' "$output/importer.log" ||
  ! grep --quiet 'completed successfully' "$output/importer.log"; then
  echo "artifact: Galaxy would have something to say" >&2
  exit 1
fi

cp "$artifact" "$output/selfhosted-llm.tar.gz"
cd "$checkout"
"$environment/bin/ansible-builder" create --context "$work/context" >"$work/builder.log"
echo "artifact: $artifact"
