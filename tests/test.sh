#!/usr/bin/env bash
# Runs every part of the tests and says how each ended. What needs no server
# runs while the test-bed is made; what a part printed is in tests/output.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
export PATH=$PWD/.venv/bin:$PATH ANSIBLE_HOME=$PWD/.ansible ANSIBLE_COLLECTIONS_PATH=$PWD/.ansible/collections
# As in molecule.sh.
export MOLECULE_GLOB='molecule/*/molecule.yml'
# Molecule breaks lines at the width of the terminal, and there is none.
export COLUMNS=200
# Where the time goes.
export PYTEST_ADDOPTS=--durations=15

output=tests/output
rm -rf "$output"
mkdir -p "$output"

part() {
  local name=$1 begin=$SECONDS ended=failed
  shift
  echo "$name: started"
  if "$@" >"$output/$name.log" 2>&1 </dev/null; then
    ended=passed
  else
    tail --lines=60 "$output/$name.log"
  fi
  echo "$name: $ended after $((SECONDS - begin)) seconds" | tee "$output/$name.result"
  [ "$ended" = passed ]
}

without_servers() {
  part unit python -m pytest tests/unit
  part lint bash tests/lint.sh
  part sanity bash tests/sanity.sh
  part docs bash docs/build.sh
  part artifact bash tests/artifact.sh
}

scenarios() {
  part machines molecule create || return
  # Each by one molecule, which takes machines for prepared that another has prepared meanwhile. The
  # browser visits what the stack leaves.
  { part stack bash tests/molecule.sh --keep stack pi_and_mac && part browser python -m pytest tests/browser &&
    part oldest-core bash tests/core.sh 2.17 molecule/inventory stack-debian13 &&
    part installed bash tests/artifact.sh --inventory molecule/inventory --limit stack-debian13; } &
  part door bash tests/molecule.sh --keep nginx_proxy keepalived adoption &
  { part day-two bash tests/molecule.sh --keep backup; part readme python -m pytest tests/readme; } &
  # The bundle comes from a machine of ollama_server.
  part roles bash tests/molecule.sh --keep docker_engine gpu ollama_server open_webui open_webui_database bundle
  wait
  part machines-gone molecule destroy
}

without_servers &
if part testbed ansible-playbook tests/testbed/up.yml; then
  # They wait for servers most of the time, so side by side too.
  part ollama-modules python -m pytest tests/integration/test_machine_info.py tests/integration/test_ollama_*.py &
  part open-webui-modules python -m pytest tests/integration/test_open_webui_*.py &
  scenarios
fi
wait

passed=$(cat "$output"/*.result | grep --count ': passed')
failed=$(cat "$output"/*.result | grep --count ': failed')
echo
# Last, because a reader of a long log, and some CI servers, see its end first: of that what failed is most at the end.
plain=$(sed --regexp-extended 's/\x1b\[[0-9;]*m//g; s/^ *│ //' "$output"/*.log)
grep --extended-regexp '^=+ .*(passed|failed|error).* in .*$' <<<"$plain"
cat "$output"/*.result | paste --serial --delimiters=';'
grep --extended-regexp '^(FAILED [^-]|ERROR |E  |fatal: )' <<<"$plain" | cut --characters=1-400 | tail --lines=40
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
