"""Every part of the plugins has its tests, and they are where somebody looks for them."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"
UNIT = ROOT / "tests" / "unit" / "plugins"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
ACTIONS = sorted(path.stem for path in (PLUGINS / "action").glob("*.py"))

# Tested under another name, by tests that need it together with what it belongs to.
WITH_ANOTHER = {
    "module_utils/_ollama/pull_errors.py": "module_utils/_ollama/test_pull.py",
    "module_utils/_open_webui/code_file.py": "module_utils/_open_webui/test_code.py",
    "module_utils/_open_webui/function.py": "module_utils/_open_webui/test_code.py",
    "module_utils/_open_webui/tool.py": "module_utils/_open_webui/test_code.py",
    "module_utils/_open_webui/shaped_settings.py": "module_utils/_open_webui/test_settings.py",
}
# What only talks: a stand-in would say what we think a server says, so real servers answer, in tests/integration.
TALK_TO_SERVERS = ("module_utils/_ollama/api.py", "module_utils/_open_webui/api/")
# Held to the documentation of every module by test_module_documentation.py.
OPTIONS = "module_utils/_arguments.py"
# Every module has these, so they say nothing of its own work.
SHARED = {"_arguments", "_difference", "_errors", "_outcome"}


@functools.cache
def imported(path: Path) -> set[str]:
    """The plugins of this collection that a file imports, as paths below `plugins`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            start, inside, rest = node.module.partition("ansible_collections.selfhosted.llm.plugins.")
            if not start and inside:
                # A name may be a module of a package, or something inside a module.
                names = [rest, *(f"{rest}.{alias.name}" for alias in node.names)]
                paths = [name.replace(".", "/") + ".py" for name in names]
                found |= {name for name in paths if (PLUGINS / name).exists()}
    return found


def mirror(part: str) -> Path:
    """Where the unit test of a part is; the mark of what is private is not repeated."""
    path = Path(part)
    return UNIT / path.parent / f"test_{path.stem.removeprefix('_')}.py"


def has_logic(part: str) -> bool:
    """Whether there is something to call; lists and names alone have nothing that could go wrong."""
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse((PLUGINS / part).read_text())))


PARTS = sorted(
    str(path.relative_to(PLUGINS))
    for folder in ("filter", "module_utils", "plugin_utils")
    for path in (PLUGINS / folder).rglob("*.py")
)


@pytest.mark.parametrize("part", [part for part in PARTS if has_logic(part)])
def test_every_part_with_logic_has_a_test_of_its_name(part: str) -> None:
    if part in WITH_ANOTHER:
        assert not mirror(part).exists(), "It has a test of its name now: take it out of WITH_ANOTHER"
        assert part in imported(UNIT / WITH_ANOTHER[part])
    elif part.startswith(TALK_TO_SERVERS) or part == OPTIONS:
        assert any(part in reachable(module) for module in MODULES)
    elif any(part in imported(PLUGINS / "action" / f"{action}.py") for action in ACTIONS) and not mirror(part).exists():
        assert "ActionBase" in (PLUGINS / part).read_text(), "Only what needs a running Ansible may do without"
    else:
        assert mirror(part).exists(), f"{part} has no unit test"
        assert part in imported(mirror(part))


def reachable(module: str) -> set[str]:
    """What a module imports, itself or by what it imports."""
    found: set[str] = set()
    waiting = [f"modules/{module}.py"]
    while waiting:
        new = imported(PLUGINS / waiting.pop()) - found
        found |= new
        waiting += new
    return found


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_unit_test(module: str) -> None:
    """A module is documentation, options and the order of steps; what it decides is in a plan that touches nothing.

    So its unit tests are those of its plans: at least one part that it imports for its own work has a test of that
    part's name. A module that decides everything itself has a test of its own name.
    """
    code = f"modules/{module}.py"
    plans = [
        part
        for part in imported(PLUGINS / code)
        if Path(part).stem not in SHARED and (mirror(part).exists() or part in WITH_ANOTHER)
    ]
    own = mirror(code)
    assert plans or own.exists(), "Neither it nor a plan of it has a unit test"
    assert not own.exists() or code in imported(own)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_tested_on_a_real_server(module: str) -> None:
    assert (ROOT / "tests" / "integration" / f"test_{module}.py").exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_belongs_to_a_module_whose_tests_run_through_ansible(action: str) -> None:
    assert action in MODULES


@pytest.mark.parametrize("test", sorted(str(path.relative_to(UNIT)) for path in UNIT.rglob("test_*.py")))
def test_every_unit_test_mirrors_a_plugin(test: str) -> None:
    path = Path(test)
    name = path.stem.removeprefix("test_")
    assert any((PLUGINS / path.parent / f"{mark}{name}.py").exists() for mark in ("", "_"))
