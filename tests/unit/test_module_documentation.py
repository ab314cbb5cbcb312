"""What a module says of itself is what it takes, and what it shows can be copied."""

from __future__ import annotations

import ast
import functools
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
COLLECTION = "selfhosted.llm"

# What both forms say of an option, and what goes without saying.
SAID_TWICE: dict[str, Any] = {
    "type": "str",
    "elements": None,
    "default": None,
    "choices": [],
    "aliases": [],
    "required": False,
}
SOUNDS_SECRET = re.compile(r"\b(\w*_)?(key|password|secret|token|valves)$")


@functools.cache
def printed() -> subprocess.CompletedProcess[str]:
    """What ansible-doc says of all modules, with the fragments that they share, or of the first that it cannot read."""
    names = [f"{COLLECTION}.{module}" for module in MODULES]
    environment = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections")}
    program = Path(sys.executable).parent / "ansible-doc"
    return subprocess.run([program, "--json", *names], env=environment, capture_output=True, text=True, check=False)


@functools.cache
def documentation() -> dict[str, dict[str, Any]]:
    done = printed()
    assert done.returncode == 0, done.stderr
    return {name.rpartition(".")[2]: found for name, found in json.loads(done.stdout).items()}


class Made(Exception):
    """Somebody made an AnsibleModule."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.arguments = arguments


@functools.cache
def taken(module: str) -> dict[str, Any]:
    """What a module gives to AnsibleModule, whose arguments are all that it takes from a task."""

    def make(**arguments: Any) -> None:
        raise Made(**arguments)

    code = importlib.import_module(f"ansible_collections.selfhosted.llm.plugins.modules.{module}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code, "AnsibleModule", make)
        with pytest.raises(Made) as made:
            code.main()
    return made.value.arguments


def below(options: dict[str, Any], deeper: str, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every option with its path, however deep; `deeper` is what a form calls the options of an option."""
    for name, option in options.items():
        yield path + name, option
        yield from below(option.get(deeper) or {}, deeper, f"{path}{name}.")


def said(options: dict[str, Any], deeper: str) -> dict[str, Any]:
    """What options say, in the same words for both forms."""
    return {
        path: {key: option.get(key, otherwise) for key, otherwise in SAID_TWICE.items()}
        for path, option in below(options, deeper)
    }


@pytest.mark.parametrize("module", MODULES)
def test_documentation_and_argument_spec_are_the_same(module: str) -> None:
    described = documentation()[module]["doc"]["options"]
    assert said(described, "suboptions") == said(taken(module)["argument_spec"], "options")


@pytest.mark.parametrize("module", MODULES)
def test_check_mode_is_what_the_documentation_says(module: str) -> None:
    support = documentation()[module]["doc"]["attributes"]["check_mode"]["support"]
    assert (support != "none") == taken(module)["supports_check_mode"]


@pytest.mark.parametrize("module", MODULES)
def test_an_option_that_sounds_secret_says_whether_it_is(module: str) -> None:
    spec = taken(module)["argument_spec"]
    silent = [path for path, option in below(spec, "options") if "no_log" not in option]
    assert [path for path in silent if SOUNDS_SECRET.search(path)] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_variable_of_the_environment_that_sets_an_option_is_documented(module: str) -> None:
    for name, option in taken(module)["argument_spec"].items():
        variables = option["fallback"][1] if "fallback" in option else []
        described = str(documentation()[module]["doc"]["options"].get(name, {}).get("description"))
        assert [variable for variable in variables if f"E({variable})" not in described] == []


def incomplete(values: dict[str, Any], path: str = "") -> Iterator[str]:
    """What RETURN leaves out, value by value."""
    for name, value in values.items():
        lacking = [key for key in ("description", "type", "returned") if not value.get(key)]
        # A dictionary, or a list of them, has its samples inside.
        if "contains" not in value and value.get("type") != "bool" and "sample" not in value:
            lacking.append("sample")
        if value.get("type") == "list" and "elements" not in value:
            lacking.append("elements")
        yield from (f"{path}{name} has no {key}" for key in lacking)
        yield from incomplete(value.get("contains", {}), f"{path}{name}.")


@pytest.mark.parametrize("module", MODULES)
def test_what_a_module_returns_is_described(module: str) -> None:
    returned = documentation()[module]["return"]
    assert returned
    assert list(incomplete(returned)) == []


# What only a module's own action plugin sees, and what Ansible knows of every task.
NOT_FOR_TASKS = {"missing", "slice", "changed"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_returns_nothing_that_is_not_described(module: str) -> None:
    code = ast.parse((ROOT / "plugins" / "modules" / f"{module}.py").read_text())
    ends = {"exit_json", "finish", "fail"}
    named = {
        keyword.arg
        for node in ast.walk(code)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ends
        for keyword in node.keywords
        if keyword.arg
    }
    assert named - NOT_FOR_TASKS <= set(documentation()[module]["return"])


KEYWORDS = {"name", "register", "no_log", "loop", "when", "delegate_to", "become", "vars", "until", "retries", "delay"}


def unknown(arguments: Any, options: dict[str, Any], path: str = "") -> Iterator[str]:
    """What of a task's arguments is no option, or no choice of one."""
    for item in arguments if isinstance(arguments, list) else [arguments]:
        for name, value in item.items() if isinstance(item, dict) else []:
            option = options.get(name)
            if option is None:
                yield path + name
            elif option.get("options"):
                yield from unknown(value, option["options"], f"{path}{name}.")
            elif "choices" in option and "{{" not in str(value):
                chosen = value if isinstance(value, list) else [value]
                yield from (f"{path}{name}={one}" for one in chosen if one not in option["choices"])


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_tasks_that_the_modules_take(module: str) -> None:
    tasks = DataLoader().load(documentation()[module]["examples"])
    used = []
    for task in tasks:
        assert task.get("name"), f"A task of {module} has no name"
        (action,) = set(task) - KEYWORDS
        assert re.fullmatch(r"\w+\.\w+\.\w+", action), f"{action} is not a full name"
        used.append(action)
        if action.startswith(f"{COLLECTION}."):
            assert list(unknown(task[action], taken(action.rpartition(".")[2])["argument_spec"])) == []
    assert f"{COLLECTION}.{module}" in used
