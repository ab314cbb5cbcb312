"""What is written in two places says the same in both, and nothing lacks its test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


@pytest.mark.parametrize("role", ROLES)
def test_argument_specs_and_defaults_are_the_same(role: str) -> None:
    options = read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert {name: option.get("default") for name, option in options.items()} == read(f"roles/{role}/defaults/main.yml")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_a_readme_and_a_scenario(role: str) -> None:
    assert f"ansible-doc -t role selfhosted.llm.{role}" in (ROOT / "roles" / role / "README.md").read_text()
    assert list((ROOT / "molecule" / role / "tests").glob("test_*.py"))


@pytest.mark.parametrize("role", ROLES)
def test_variables_of_a_role_carry_its_name(role: str) -> None:
    assert [name for name in read(f"roles/{role}/defaults/main.yml") if not name.startswith(f"{role}_")] == []


def test_every_module_is_in_the_action_group_of_its_server() -> None:
    groups = read("meta/runtime.yml")["action_groups"]
    assert sorted(name for names in groups.values() for name in names) == [f"selfhosted.llm.{name}" for name in MODULES]
    for group, names in groups.items():
        assert [name for name in names if not name.startswith(f"selfhosted.llm.{group}_")] == []


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_tested_on_a_real_server(module: str) -> None:
    assert (ROOT / "tests" / "integration" / f"test_{module}.py").exists()


def test_users_of_the_collection_and_of_the_checkout_get_the_same_dependencies() -> None:
    listed = {entry["name"]: entry["version"] for entry in read("requirements.yml")["collections"]}
    assert read("galaxy.yml")["dependencies"] == listed
