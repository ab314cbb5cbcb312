"""Runs one module of the collection as a user's task would, on this machine."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preloaded import Preloaded
from returned import undocumented

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Result:
    """What the module returned, and all that was printed."""

    values: dict[str, Any]
    output: str

    @property
    def changed(self) -> bool:
        return bool(self.values.get("changed"))

    @property
    def failed(self) -> bool:
        return bool(self.values.get("failed"))

    @property
    def message(self) -> str:
        return str(self.values.get("msg", ""))

    @property
    def diff(self) -> dict[str, Any]:
        return dict(self.values["diff"])


ENVIRONMENT = os.environ | {
    "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections"),
    "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
}
MODULE_ENVIRONMENT = ENVIRONMENT | {"PYTHONPATH": ENVIRONMENT["ANSIBLE_COLLECTIONS_PATH"]}
COLLECTION = "ansible_collections.selfhosted.llm"


def command(
    module: str,
    arguments: dict[str, Any],
    *,
    check: bool = False,
    python: str = sys.executable,
    verbosity: int = 0,
    machine: dict[str, Any] | None = None,
) -> list[str]:
    """What runs a module with C(--diff), with `python` as the interpreter, or on the machine of these variables."""
    variables = machine or {"ansible_connection": "local", "ansible_python_interpreter": python}
    return [
        str(Path(sys.executable).parent / "ansible"),
        "localhost",
        "--inventory=localhost,",
        f"--extra-vars={json.dumps(variables)}",
        f"--module-name=selfhosted.llm.{module}",
        f"--args={json.dumps(arguments)}",
        "--diff",
        *(["--check"] if check else []),
        *(["-" + "v" * verbosity] if verbosity else []),
    ]


def run_module(
    module: str, arguments: dict[str, Any], *, through_ansible: bool | None = None, check: bool = False, **options: Any
) -> Result:
    """Run a module; `options` are the others of `command`.

    Ansible itself takes seconds, and is left out where it only hands the module's answer on, and where told to. What
    comes back has to be in the module's documentation.
    """
    has_plugin = (ROOT / "plugins" / "action" / f"{module}.py").exists()
    if options or (has_plugin if through_ansible is None else through_ansible):
        result = _through_ansible(command(module, arguments, check=check, **options))
    else:
        result = _alone(module, arguments, check)
    strange = undocumented(module, result.values)
    assert not strange, f"{module} returned what its documentation does not name: {strange}"
    return result


@functools.cache
def _ansible() -> Preloaded:
    """What Ansible's programs begin with."""
    return Preloaded(["ansible.cli.adhoc", "ansible.plugins.inventory", "ansible.plugins.strategy"], ROOT, ENVIRONMENT)


@functools.cache
def _modules() -> Preloaded:
    """What the modules begin with."""
    files = (path.relative_to(ROOT).with_suffix("") for path in (ROOT / "plugins" / "module_utils").rglob("*.py"))
    return Preloaded([f"{COLLECTION}.{'.'.join(file.parts)}" for file in files], ROOT, MODULE_ENVIRONMENT)


def _through_ansible(line: list[str]) -> Result:
    _status, stdout, stderr = _ansible().output(["ansible", "adhoc", *line[1:]])
    start = stdout.find("{\n")
    assert start >= 0, stdout + stderr
    values = json.JSONDecoder().raw_decode(stdout[start:])[0]
    return Result(values["plays"][0]["tasks"][0]["hosts"]["localhost"], stdout + stderr)


def _alone(module: str, arguments: dict[str, Any], check: bool) -> Result:
    """Run a module's own code."""
    _status, stdout, stderr = _modules().output([_name(module)], _told(arguments, check))
    assert stdout.lstrip().startswith("{"), stdout + stderr
    return Result(json.loads(stdout), stdout + stderr)


def _name(module: str) -> str:
    return f"{COLLECTION}.plugins.modules.{module}"


def _told(arguments: dict[str, Any], check: bool) -> str:
    """What Ansible tells a module on its standard input."""
    told = {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_verbosity": 0}
    return json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **told}})


def start_module(module: str, arguments: dict[str, Any], *, check: bool = False) -> subprocess.Popen[str]:
    """A module's own code, under way in a process that can be killed."""
    with tempfile.TemporaryFile("w+") as text:
        text.write(_told(arguments, check))
        text.seek(0)
        return subprocess.Popen(
            [sys.executable, "-m", _name(module)],
            cwd=ROOT,
            env=MODULE_ENVIRONMENT,
            stdin=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
