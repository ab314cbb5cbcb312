"""A change runs the scenarios that could break by it, and no others."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from scenarios import ALL, LONG, RULES, SCENARIOS, needed, needed_by, rule_for

ROOT = Path(__file__).parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("roles/nginx_proxy/tasks/main.yml", "nginx_proxy stack"),
        ("roles/nginx_proxy/README.md", ""),
        ("roles/docker_swarm/files/settled.py", "docker_swarm"),
        ("molecule/keepalived/tests/test_move.py", "keepalived"),
        ("playbooks/door.yml", "adoption backup pi_and_mac stack"),
        ("playbooks/templates/bundle.json.j2", "bundle"),
        ("playbooks/restore_database.yml", "backup"),
        ("swarm.yml", "docker_swarm"),
        ("plugins/modules/ollama_model.py", "bundle gpu ollama_server stack"),
        ("plugins/module_utils/_open_webui/api/server.py", "open_webui stack"),
        ("plugins/module_utils/_http.py", "docker_engine nginx_proxy ollama_server open_webui stack"),
        ("docs/benchmarks.md", ""),
        (".github/workflows/ci.yml", ""),
    ],
)
def test_a_path_needs_its_own(path: str, names: str) -> None:
    assert needed([path]) == names.split()


@pytest.mark.parametrize(
    "path",
    [
        "molecule/inventory/hosts.yml",
        "molecule/shared/leaks.py",
        "molecule/default/create.yml",
        "tests/testbed/vars.yml",
        ".config/molecule/config.yml",
        "requirements-dev.txt",
        "something_new/of_a_kind/that_nobody_thought_of.yml",
    ],
)
def test_what_all_stand_on_or_nobody_knows_needs_all(path: str) -> None:
    assert needed_by(path) == ALL


@pytest.mark.parametrize("role", ROLES)
def test_a_role_needs_its_scenario(role: str) -> None:
    assert role in needed_by(f"roles/{role}/tasks/main.yml")


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_a_scenario_needs_itself(scenario: str) -> None:
    assert needed_by(f"molecule/{scenario}/converge.yml") == {scenario}


def test_several_paths_need_what_each_needs_once() -> None:
    assert needed(["roles/keepalived/vars/main.yml", "roles/backup/vars/main.yml"]) == ["backup", "keepalived", "stack"]
    assert needed([]) == []


def test_rules_name_scenarios_that_there_are() -> None:
    named = {name for rule in RULES for name in rule[1].split()} - {"{name}"}
    assert named | LONG <= SCENARIOS


def test_no_rule_is_for_nothing() -> None:
    paths = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    used = {rule[0] for path in paths if (rule := rule_for(path))}
    assert [rule[0] for rule in RULES if rule[0] not in used] == []
