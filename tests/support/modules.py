"""Runs one module of the collection as a user's task would, on this machine, with Ansible itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Result:
    """What the module returned, and all that Ansible printed."""

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


def command(
    module: str, arguments: dict[str, Any], *, check: bool = False, python: str = sys.executable, verbosity: int = 0
) -> list[str]:
    """What runs a module with C(--diff), with `python` as the interpreter of the managed machine."""
    return [
        str(Path(sys.executable).parent / "ansible"),
        "localhost",
        "--inventory=localhost,",
        "--connection=local",
        f"--extra-vars={json.dumps({'ansible_python_interpreter': python})}",
        f"--module-name=selfhosted.llm.{module}",
        f"--args={json.dumps(arguments)}",
        "--diff",
        *(["--check"] if check else []),
        *(["-" + "v" * verbosity] if verbosity else []),
    ]


def run_module(module: str, arguments: dict[str, Any], **options: Any) -> Result:
    """Run a module; `options` are those of `command`."""
    line = command(module, arguments, **options)
    done = subprocess.run(line, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    start = done.stdout.find("{\n")
    assert start >= 0, done.stdout + done.stderr
    values = json.JSONDecoder().raw_decode(done.stdout[start:])[0]
    return Result(values["plays"][0]["tasks"][0]["hosts"]["localhost"], done.stdout + done.stderr)
