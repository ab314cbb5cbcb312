"""What is written in two places says the same in both, and nothing lacks its test."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
# Options of the groups would be of no use to these.
IN_NO_ACTION_GROUP = {"machine_info", "ollama_model_files", "open_webui_ping"}
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
IMPORT = "ansible.builtin.import_playbook"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))

# Variables that are handed on to a module as they are, and the option that takes them.
HANDED_ON = {
    "ollama_server_models": ("ollama_model", "models"),
    "ollama_server_custom_models": ("ollama_custom_model", "models"),
    "open_webui_ollama_connections": ("open_webui_connection", "connections"),
    "open_webui_openai_connections": ("open_webui_connection", "connections"),
    "open_webui_users": ("open_webui_user", "users"),
    "open_webui_groups": ("open_webui_group", "groups"),
    "open_webui_knowledge": ("open_webui_knowledge", "knowledge"),
    "open_webui_tools": ("open_webui_tool", "tools"),
    "open_webui_functions": ("open_webui_function", "functions"),
    "open_webui_models": ("open_webui_model", "models"),
    "open_webui_prompts": ("open_webui_prompt", "prompts"),
}


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
    assert (ROOT / "molecule" / role / "molecule.yml").exists()
    assert (ROOT / "molecule" / role / "converge.yml").exists()


def lacking(options: dict[str, Any], path: str = "") -> list[str]:
    """The options without a description, without which ansible-doc shows nothing at all."""
    return [
        name
        for key, option in options.items()
        for name in [
            *([] if "description" in option else [f"{path}{key}"]),
            *lacking(option.get("options", {}), f"{path}{key}."),
        ]
    ]


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_of_a_role_is_described(role: str) -> None:
    assert lacking(read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]) == []


@pytest.mark.parametrize("role", ROLES)
def test_variables_of_a_role_carry_its_name(role: str) -> None:
    assert [name for name in read(f"roles/{role}/defaults/main.yml") if not name.startswith(f"{role}_")] == []


def test_every_module_is_in_the_action_group_of_its_server() -> None:
    groups = read("meta/runtime.yml")["action_groups"]
    grouped = {f"selfhosted.llm.{name}" for name in MODULES if name not in IN_NO_ACTION_GROUP}
    named = [name for names in groups.values() for name in names]
    assert grouped - set(named) == set(), "meta/runtime.yml lacks them"
    assert sorted(named) == sorted(grouped), "meta/runtime.yml has some twice, or that are no modules"
    for group, names in groups.items():
        assert [name for name in names if not name.startswith(f"selfhosted.llm.{group}_")] == []


@pytest.mark.parametrize("name", ROLES + MODULES)
def test_the_readme_has_a_line_for_each_role_and_module(name: str) -> None:
    lines = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| ")]
    assert any(f"`{name}`" in line for line in lines)


def test_users_of_the_collection_and_of_the_checkout_get_the_same_dependencies() -> None:
    listed = {entry["name"]: entry["version"] for entry in read("requirements.yml")["collections"]}
    assert read("galaxy.yml")["dependencies"] == listed


def plain(options: dict[str, Any]) -> dict[str, Any]:
    """Options without their descriptions, and without what is so anyway."""
    return {
        name: {
            key: plain(value) if key == "options" else value
            for key, value in option.items()
            if key != "description" and (key, value) != ("required", False)
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("variable", HANDED_ON)
def test_a_variable_that_is_handed_on_takes_what_the_module_takes(variable: str) -> None:
    module, option = HANDED_ON[variable]
    role = next(role for role in ROLES if variable.startswith(f"{role}_"))
    specs = read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    arguments = importlib.import_module(f"ansible_collections.selfhosted.llm.plugins.modules.{module}").ARGUMENTS
    assert plain(specs[variable]["options"]) == plain(arguments[option]["options"])


def imports(playbook: Path) -> list[str]:
    """The playbooks that one consists of, by their paths in it."""
    plays = yaml.safe_load(playbook.read_text())
    return [play[IMPORT] for play in plays if IMPORT in play]


PLAYBOOKS = sorted(path.name for path in (ROOT / "playbooks").glob("*.yml"))
PARTS = {part for name in PLAYBOOKS for part in imports(ROOT / "playbooks" / name)}


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_playbook_is_called_from_the_checkout_and_told_of_or_a_part_of_others(playbook: str) -> None:
    called = ROOT / playbook
    if called.exists():
        assert imports(called) == [f"playbooks/{playbook}"]
        pages = [ROOT / "README.md", *(ROOT / "docs" / "docsite" / "rst").glob("*.rst")]
        assert any(re.search(rf"(?<![\w/.]){playbook}\b", page.read_text()) for page in pages)
    else:
        assert playbook in PARTS


def test_what_is_called_from_the_checkout_is_not_in_the_artifact() -> None:
    """Installed, it would be called by the collection's name; from there it leads nowhere."""
    called = [path.name for path in ROOT.glob("*.yml") if IMPORT in path.read_text()]
    assert [name for name in called if name not in PLAYBOOKS] == []
    assert [name for name in called if name not in read("galaxy.yml")["build_ignore"]] == []


def test_the_readme_calls_playbooks_that_there_are() -> None:
    readme = (ROOT / "README.md").read_text()
    called = set(re.findall(r"ansible-playbook (\w+\.yml)", readme))
    called |= {f"{name}.yml" for name in re.findall(r"ansible-playbook selfhosted\.llm\.(\w+)", readme)}
    assert called
    assert [name for name in called if name not in PLAYBOOKS or not (ROOT / name).exists()] == []


def test_every_scenario_is_run_by_make_test_or_make_soak() -> None:
    soak = re.search(r"(?ms)^soak:.*?^$", (ROOT / "Makefile").read_text())
    assert soak
    commands = soak[0] + (ROOT / "tests" / "test.sh").read_text()
    run = {name for words in re.findall(r"molecule\.sh ([^;&}\n]*)", commands) for name in words.split()}
    # The scenario that makes the machines and removes them runs before and after all others.
    scenarios = {path.parent.name for path in ROOT.glob("molecule/*/molecule.yml")} - {"default"}
    assert scenarios - run == set(), "They belong into a chain of tests/test.sh"
    assert run - scenarios == {"--keep"}
