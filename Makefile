# `make` lists what there is. Everything works from a fresh clone: what a target
# needs is made first, and what is there already is kept.
SHELL := bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_HOME := $(CURDIR)/.ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.ansible/collections
export MOLECULE_GLOB := molecule/*/molecule.yml
# Another ansible-core, and where that needs it another Python: CORE=2.20 PYTHON=python3.12.
export CORE ?=
export PYTHON ?=
SCENARIO ?=
PART ?=

.PHONY: help setup demo demo-down test lint sanity unit docs artifact integration molecule readme browser soak bench testbed testbed-down

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

setup: ## what the rest needs, into .venv and .ansible (1 minute)
	@bash tests/setup.sh

demo: setup ## the whole thing on a disposable machine, with an answer at the end (15 minutes at first, seconds again)
	@ansible-playbook tests/testbed/up.yml --skip-tags services
	@ansible-playbook tests/testbed/hosts.yml -i inventories/demo
	@ansible-playbook site.yml -i inventories/demo
	@ansible-playbook tests/demo.yml -i inventories/demo

demo-down: setup ## remove the demo's machine with all its data
	@ansible-playbook tests/testbed/hosts_down.yml -i inventories/demo

test: setup ## everything below, side by side (about an hour)
	@bash tests/test.sh

lint: setup ## style, types and forms: ruff, mypy, ansible-lint, shellcheck, changelog fragments, workflows
	@bash tests/lint.sh

sanity: setup ## ansible-test sanity, as Galaxy's reviewers run it; CORE=2.17 with another ansible-core
	@bash tests/sanity.sh

unit: setup ## tests that need no server (seconds); CORE=2.17 with another ansible-core
	@$(if $(CORE),bash tests/core.sh $(CORE),python -m pytest tests/unit)

docs: setup ## the documentation as pages, in docs/build/html (a minute)
	@bash docs/build.sh

artifact: setup ## what Galaxy would get: whole, working without this checkout, and with nothing that Galaxy says against it
	@bash tests/artifact.sh

integration: testbed ## the modules against real servers
	@python -m pytest tests/integration

molecule: testbed ## the roles on real machines; SCENARIO=nginx_proxy for one
	@bash tests/molecule.sh $(SCENARIO)

browser: testbed ## a real browser before the whole stack; pictures in tests/output/browser
	@ansible-playbook tests/testbed/hosts.yml -i molecule/inventory --limit stack-debian13
	@ansible-playbook site.yml -i molecule/inventory --limit stack-debian13
	@python -m pytest tests/browser

readme: testbed ## every command of README.md, on a bare machine
	@ansible-playbook tests/testbed/hosts.yml -i molecule/inventory --limit readme-debian13
	@python -m pytest tests/readme

soak: testbed ## several machines, a Docker Swarm, power cuts at every step of day two, answers while nginx is reloaded, all of Open WebUI's oldest version (not part of test)
	@python -m pytest tests/integration --every-version -k oldest
	@bash tests/molecule.sh --keep several_machines
	@PYTHONPATH=tests/support:molecule/shared python tests/soak/losses.py
	@bash tests/molecule.sh docker_swarm
	@PYTHONPATH=tests/support:molecule/shared python tests/soak/door.py
	@ansible-playbook tests/testbed/hosts.yml -i molecule/inventory --limit stack-debian13
	@PYTHONPATH=tests/support:molecule/shared python tests/soak/chats.py
	@ansible-playbook tests/testbed/hosts_down.yml -i molecule/inventory --limit backup-debian12
	@ansible-playbook tests/testbed/hosts.yml -i molecule/inventory --limit backup-debian12
	@ansible-playbook molecule/backup/converge.yml -i molecule/inventory -i molecule/backup/inventory --limit backup-debian12
	@PYTHONPATH=tests/support:molecule/shared python tests/soak/power_cuts.py

bench: testbed ## how fast everything is, beside what people would use instead; PART=models for one (an hour; not part of test)
	@for part in $(or $(PART),door models content site machines); do \
	  PYTHONPATH=tests/support:molecule/shared python tests/bench/$$part.py || exit 1; done

testbed: setup ## registry, models and servers for the tests
	@ansible-playbook tests/testbed/up.yml

testbed-down: setup ## remove them and all test hosts; the images and the registry's content stay for the next time
	@ansible-playbook tests/testbed/down.yml
