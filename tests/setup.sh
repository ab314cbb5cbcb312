#!/usr/bin/env bash
# Makes what development and the demo need, all of it inside the checkout:
# .venv (Python packages), .ansible/collections (collections, and a link that
# makes this checkout resolve as selfhosted.llm). A second run does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

collections=.ansible/collections/ansible_collections
stamp=.venv/setup-of
wanted=$(cat requirements-dev.txt requirements.yml tests/testbed/requirements.yml tests/setup.sh | cksum)

if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi

if [[ $PWD == *[[:space:]]* ]]; then
  echo "setup: Ansible runs no Python from a path with a space in it: move this folder ($PWD)" >&2
  exit 1
fi
# ansible-core 2.19 runs on these. A Mac's own is older, and Homebrew's may be newer. The system's is asked first: one that
# somebody compiled, as pyenv does, is often a third slower.
for python in /usr/bin/python3 python3 python3.13 python3.12 python3.11 none; do
  "$python" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && break
done
if [ "$python" = none ]; then
  echo "setup: Python 3.11, 3.12 or 3.13 with its venv module is needed: apt-get install python3-venv," \
    "or on a Mac brew install python@3.13" >&2
  exit 1
fi

echo "setup: Python packages into .venv (about a minute)"
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt

echo "setup: collections into .ansible/collections"
mkdir -p "$collections/selfhosted"
ln -sfn ../../../.. "$collections/selfhosted/llm"
from_galaxy() {
  .venv/bin/ansible-galaxy collection install --timeout 20 --collections-path .ansible/collections \
    --requirements-file "$1" >>.venv/galaxy.log 2>&1
}
if ! { from_galaxy requirements.yml && from_galaxy tests/testbed/requirements.yml; }; then
  echo "setup: Galaxy does not answer; taking the collections from PyPI's package 'ansible' (60 MB)"
  download=$(mktemp -d)
  trap 'rm -rf "$download"' EXIT
  .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --dest "$download" ansible==12.3.0
  .venv/bin/python - "$download"/ansible-*.whl "$collections" <<'PYTHON'
import sys
import zipfile
from pathlib import Path

wheel, destination = sys.argv[1:]
wanted = (
    "ansible/posix/",
    "community/crypto/",
    "community/docker/",
    "community/library_inventory_filtering_v1/",
    "community/postgresql/",
)
with zipfile.ZipFile(wheel) as archive:
    for member in archive.namelist():
        inside = member.removeprefix("ansible_collections/")
        if inside != member and inside.startswith(wanted):
            target = Path(destination, inside)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
PYTHON
fi

echo "$wanted" >"$stamp"
echo "setup: done"
