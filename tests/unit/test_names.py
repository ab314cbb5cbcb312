"""Names lead somewhere: what is set is read, what is written about exists, and what is private stays where it is."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
INVENTORIES = sorted(path.name for path in (ROOT / "inventories").iterdir())
# The demo's machine is made by the playbooks of the test-bed.
READ_ELSEWHERE = {"demo": ["tests/demo.yml", "tests/testbed/*.yml"]}
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


def listed(*patterns: str) -> list[Path]:
    """Files of the repository, also those that are not committed yet; a star means folders too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [ROOT / name for name in sorted(set(names)) if (ROOT / name).exists()]


def text(*patterns: str) -> str:
    return "\n".join(path.read_text() for path in listed(*patterns))


@functools.cache
def inputs() -> frozenset[str]:
    """The variables that roles take."""
    return frozenset(name for role in ROLES for name in yaml.safe_load(text(f"roles/{role}/defaults/main.yml")))


def in_hosts(node: Any) -> set[str]:
    """The variables of an inventory's file of hosts, those of groups and those of hosts."""
    found: set[str] = set()
    for key, value in node.items() if isinstance(node, dict) else []:
        if key == "hosts":
            found |= {name for host in value.values() for name in host or {}}
        elif key == "vars":
            found |= set(value)
        else:
            found |= in_hosts(value)
    return found


def set_in(inventory: str) -> set[str]:
    folder = ROOT / "inventories" / inventory
    names = in_hosts(DataLoader().load((folder / "hosts.yml").read_text()))
    for path in folder.glob("*_vars/*.yml"):
        names |= set(DataLoader().load(path.read_text()) or {})
    return names


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_what_an_inventory_sets_is_read_by_somebody(inventory: str) -> None:
    """A role takes it, or Ansible, or a playbook, or another variable of the same inventory is made of it."""
    readers = text("playbooks/*.yml", "playbooks/*.j2", *READ_ELSEWHERE.get(inventory, []))
    readers += " ".join(re.findall(r"(?s)\{\{.*?\}\}", text(f"inventories/{inventory}/*.yml")))
    unknown = {name for name in set_in(inventory) - inputs() if not name.startswith("ansible_")}
    assert {name for name in unknown if not re.search(rf"\b{name}\b", readers)} == set()


def test_a_variable_of_the_playbooks_that_an_inventory_sets_is_documented() -> None:
    """Roles document theirs in their argument specs; of the others the READMEs or a comment tell."""
    comments = "\n".join(re.findall(r"(?m)^\s*#.*$", text("playbooks/*.yml")))
    told = text("README.md", "docs/*.md", "roles/*/README.md") + comments
    playbooks = text("playbooks/*.yml")
    names = {name for inventory in INVENTORIES for name in set_in(inventory) - inputs() if name in playbooks}
    assert {name for name in names if not name.startswith("ansible_") and name not in told} == set()


def test_names_that_readmes_and_inventories_tell_of_exist() -> None:
    """Those that begin as variables of a role or a playbook do."""
    known = set(re.findall(r"\w+", text("roles/*.yml", "roles/*.j2", "playbooks/*.yml", "playbooks/*.j2")))
    known |= {path.stem for path in ROOT.glob("plugins/modules/*.py")}
    name = re.compile(rf"(?<![\w/.])(?:{'|'.join([*ROLES, *PLAYBOOKS])})_\w+")
    documents = [path for path in listed("*.md") if path.name != "CHANGELOG.md"]
    for path in [*documents, *listed("inventories/*.yml")]:
        assert set(name.findall(path.read_text())) - known == set(), path.relative_to(ROOT)


def test_private_variables_of_a_role_stay_in_it() -> None:
    """Its own tests may know them: those of its programs, and its scenario, which tries what no option sets."""
    for path in listed("*.yml", "*.j2", "*.py", "*.sh", "*.md"):
        name = str(path.relative_to(ROOT))
        for variable in set(re.findall(r"\b__[a-z]\w*", path.read_text())):
            owners = [role for role in ROLES if variable.startswith(f"__{role}_")]
            own = tuple(f"{place}/{role}/" for role in owners for place in ("roles", "tests/unit/roles", "molecule"))
            assert not own or name.startswith(own), f"{name} uses {variable}"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_stands_alone(role: str) -> None:
    """It knows no group, which inventories and playbooks name, and makes nothing of another role's variables."""
    folders = ("defaults", "handlers", "tasks", "templates", "vars")
    for path in listed(*(f"roles/{role}/{folder}/*" for folder in folders)):
        text = re.sub(r"(?m)^\s*#.*$", "", path.read_text())
        assert set(re.findall(r"\bgroups(?:\.\w+|\[[^]]*\])", text)) - {"groups.all"} == set(), path.relative_to(ROOT)
        expressions = re.findall(r"(?s)\{[{%](.*?)[%}]\}", text)
        read = set(re.findall(r"\w+", re.sub(r"(?s)'.*?'", "", " ".join(expressions))))
        of_others = {name for name in inputs() & read if not name.startswith(f"{role}_")}
        assert of_others == set(), path.relative_to(ROOT)


@pytest.mark.parametrize("role", ROLES)
def test_a_variable_is_defined_once(role: str) -> None:
    """Of two files of a role the last by its name would win, without a word."""
    files = listed(f"roles/{role}/defaults/*.yml", f"roles/{role}/vars/*.yml")
    defined = Counter(name for path in files for name in DataLoader().load(path.read_text()) or {})
    assert {name for name, times in defined.items() if times > 1} == set()


PYTHON = listed("*.py")
PRIVATE_MODULES = {path.stem for path in (ROOT / "plugins").rglob("_*") if path.is_dir() or path.suffix == ".py"}
# Private to somebody else, and meant for those who extend it, or without another way.
OF_OTHERS = {
    "_diff": "AnsibleModule: whether --diff was given",
    "_shell": "a connection's, in Ansible's action plugins",
    "_replace": "public, in spite of its name: typing.NamedTuple",
    "_create_connection": "http.client: the one place where the tests lead a connection elsewhere",
    "_clear": "atexit: a forked process must not end what its parent began",
}


@pytest.mark.parametrize("path", PYTHON, ids=[str(path.relative_to(ROOT)) for path in PYTHON])
def test_private_names_of_python_stay_in_their_package(path: Path) -> None:
    """None is imported, nor an attribute of anything but oneself. What is private in plugins is for plugins."""
    place = path.relative_to(ROOT)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in OF_OTHERS:
            assert ast.unparse(node.value) in ("self", "cls", "super()"), f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = (getattr(node, "module", None) or "").split(".")
            names = [part for alias in node.names for part in alias.name.split(".")]
            private = [name for name in [*module, *names] if is_private(name)]
            inside = place.parts[0] == "plugins" or place.parts[:3] == ("tests", "unit", "plugins")
            allowed = PRIVATE_MODULES if inside else set()
            assert [name for name in private if name not in allowed] == [], f"line {node.lineno}"


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
