"""Which scenarios of Molecule a change needs.

Usage: scenarios.py BASE [HEAD], two commits. Prints their names as a list in JSON. What no rule knows needs all that
`make test` runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[2]
# They take most of an hour each, so that only what is theirs makes them run; `make soak` has them.
LONG = {"docker_swarm", "several_machines"}
SCENARIOS = {path.parent.name for path in ROOT.glob("molecule/*/molecule.yml")} - {"default"}
ALL = SCENARIOS - LONG

# The first pattern that fits a path tells; a star means folders too.
RULES = (
    # Told to people, or looked at by other tests.
    ("*.md", ""),
    (".devcontainer/*", ""),
    (".github/*", ""),
    ("changelogs/*", ""),
    ("docs/*", ""),
    ("tests/bench/*", ""),
    ("tests/browser/*", ""),
    ("tests/integration/*", ""),
    ("tests/readme/*", ""),
    ("tests/soak/*", ""),
    ("tests/unit/*", ""),
    ("tests/artifact.sh", ""),
    ("tests/core.sh", ""),
    ("tests/environment.sh", ""),
    ("tests/lint.sh", ""),
    ("tests/sanity.sh", ""),
    (".ansible-lint", ""),
    (".gitignore", ""),
    (".pre-commit-config.yaml", ""),
    ("LICENSE", ""),
    ("execution-environment.yml", ""),
    ("galaxy.yml", ""),
    ("meta/*", ""),
    ("renovate.json", ""),
    ("requirements-docs.txt", ""),
    ("requirements-release.txt", ""),
    # A role by itself, and with the others.
    ("molecule/{name}/*", "{name}"),
    ("roles/docker_engine/*", "docker_engine gpu stack"),
    ("roles/docker_swarm/*", "docker_swarm"),
    ("roles/ollama_server/*", "adoption gpu ollama_server stack"),
    ("roles/open_webui/*", "adoption open_webui stack"),
    ("roles/{name}/*", "{name} stack"),
    ("plugins/*ollama*", "bundle gpu ollama_server stack"),
    ("plugins/*open_webui*", "open_webui stack"),
    ("plugins/*", "docker_engine nginx_proxy ollama_server open_webui stack"),
    # What machines need of each other.
    ("*bundle*", "bundle"),
    ("*swarm*", "docker_swarm"),
    ("*backup.yml", "backup"),
    ("*restore*.yml", "backup"),
    ("playbooks/*gateways.yml", "several_machines stack"),
    ("playbooks/*database.yml", "several_machines stack"),
    ("playbooks/*rollout.yml", "several_machines"),
    ("playbooks/*several_machines.yml", "several_machines stack"),
    ("playbooks/*", "adoption backup pi_and_mac stack"),
    ("inventories/pi_and_mac/*", "pi_and_mac"),
    ("inventories/several_machines/*", "several_machines"),
    ("inventories/*", "stack"),
)


def rule_for(path: str) -> tuple[str, str] | None:
    """The rule that knows a path, with the name of the role or the scenario that it is of."""
    name = path.split("/")[1] if "/" in path else ""
    for pattern, names in RULES:
        named = "{name}" not in pattern or name in SCENARIOS
        if named and fnmatchcase(path, pattern.format(name=name)):
            return pattern, names.format(name=name)
    return None


def needed_by(path: str) -> set[str]:
    """The scenarios that a path makes run."""
    rule = rule_for(path)
    return set(rule[1].split()) if rule else ALL


def needed(paths: Iterable[str]) -> list[str]:
    return sorted({name for path in paths for name in needed_by(path)})


def changed(base: str, head: str) -> list[str]:
    """The paths that are different since the two went apart, under both names of what was renamed."""
    command = ["git", "diff", "--name-only", "--no-renames", f"{base}...{head}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


if __name__ == "__main__":
    base, head = (*sys.argv[1:], "HEAD")[:2]
    print(json.dumps(needed(changed(base, head))))
