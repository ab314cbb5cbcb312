#!/usr/bin/env bash
# Runs ansible-test sanity on what git knows of this checkout, in the folder
# layout that it insists on. Its tools are kept in .cache for the next time.
# CORE=2.17 takes another ansible-core, and PYTHON its Python, as in environment.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.venv
if [ -n "${CORE:-}" ]; then
  environment=$(bash tests/environment.sh "$CORE")
fi

home=$PWD/.cache/ansible-test
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
collection=$tree/ansible_collections/selfhosted/llm
mkdir -p "$collection" "$home/.config/pip" "$home/.ansible/test/cache"
git ls-files --cached --others --exclude-standard --deduplicate | while read -r file; do
  [ ! -e "$file" ] || echo "$file"
done | tar --create --files-from=- | tar --extract --directory "$collection"
for namespace in .ansible/collections/ansible_collections/*/; do
  if [ "$(basename "$namespace")" != selfhosted ]; then
    ln -s "$(realpath "$namespace")" "$tree/ansible_collections/"
  fi
done

# ansible-test hands none of pip's variables on, and downloads get-pip where
# Python's own ensurepip does the same.
{
  echo "[global]"
  env | sed -n 's/^PIP_\([A-Z_]*\)=/\1=/p' | while IFS='=' read -r name value; do
    echo "$(echo "$name" | tr 'A-Z_' 'a-z-') = $value"
  done
} >"$home/.config/pip/pip.conf"
pip=$(sed -n "s/^ *pip='\(.*\)',$/\1/p" "$environment"/lib/python*/site-packages/ansible_test/_internal/python_requirements.py)
cat >"$home/.ansible/test/cache/get_pip_${pip//./_}.py" <<'PYTHON'
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"])
wanted = [argument for argument in sys.argv[1:] if not argument.startswith("--no-")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *wanted]))
PYTHON

version=$("$environment/bin/python" -c 'import sys; print("{}.{}".format(*sys.version_info))')
# It looks at a Git checkout's files only, so the copy becomes one.
git -C "$collection" init --quiet
git -C "$collection" add --all
cd "$collection"
HOME=$home "$OLDPWD/$environment/bin/ansible-test" sanity --venv --python "$version" --color no "$@"
