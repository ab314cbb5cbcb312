#!/usr/bin/env bash
# Makes pages of the guides, and of what roles and modules say of themselves, in docs/build/html. Its tools come into .venv
# where they are missing; the rest needs no network.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.venv/bin:$PATH ANSIBLE_HOME=$PWD/.ansible ANSIBLE_COLLECTIONS_PATH=$PWD/.ansible/collections

stamp=.venv/docs-of
wanted=$(cksum <requirements-docs.txt)
if [ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  echo "docs: Python packages into .venv (half a minute)"
  python -m pip install --quiet --disable-pip-version-check --requirement requirements-docs.txt
  echo "$wanted" >"$stamp"
fi

echo "docs: looking whether what is written names what there is"
# Not only the collections that this one needs, since what git ignores would not be looked at then.
antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs --validate-collection-refs=all \
  --disallow-unknown-collection-refs .

echo "docs: making pages"
rm -rf docs/build
mkdir -p docs/build/rst
chmod og-w docs/build/rst # antsibull-docs insists on it
cp -r docs/images docs/build/images
antsibull-docs --config-file docs/antsibull-docs.cfg collection --use-current --squash-hierarchy --fail-on-error \
  --dest-dir docs/build/rst selfhosted.llm
# antsibull-docs knows no Markdown. Guides link to these pages, and no list has them.
for page in docs/*.md; do
  { printf -- '---\norphan: true\n---\n' && cat "$page"; } >"docs/build/rst/docsite/${page##*/}"
done
sphinx-build -M html docs/build/rst docs/build -c docs -q -W --keep-going
echo "docs: docs/build/html/index.html"
