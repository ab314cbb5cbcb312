"""A power cut: the machine and the run that works on it end at once, and the machine comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import testinfra
from scenario import PREFIX, ROOT, machine


def cut_at(task: str, playbook: str, name: str, inventories: Sequence[Path], **variables: Any) -> bool:
    """Run a playbook on the machine `name`, and cut the power when it comes to a task. Whether it came to it."""
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        str(ROOT / "playbooks" / f"{playbook}.yml"),
        f"--limit={name}",
        *(f"--inventory={inventory}" for inventory in inventories),
        "--extra-vars",
        json.dumps(variables),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    came = any(line.startswith("TASK") and task in line for line in process.stdout)
    if came:
        subprocess.run(["docker", "kill", f"{PREFIX}-{name}"], check=True, capture_output=True)
        process.kill()
        subprocess.run(["docker", "start", f"{PREFIX}-{name}"], check=True, capture_output=True)
        wait = "for i in $(seq 60); do docker version >/dev/null 2>&1 && exit; sleep 1; done; exit 1"
        testinfra.get_host(machine(name)).check_output(wait)
    process.communicate()
    return came
