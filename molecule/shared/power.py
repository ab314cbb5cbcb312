"""Runs that are looked at while they work, and power cuts: machine and run end at once, and the machine comes back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import testinfra
from scenario import PREFIX, ROOT, machine


@contextmanager
def started(playbook: str, name: str, inventories: Sequence[Path], **variables: Any) -> Iterator[subprocess.Popen[str]]:
    """A run of a playbook on the machine `name` that goes on meanwhile."""
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        str(ROOT / "playbooks" / f"{playbook}.yml"),
        f"--limit={name}",
        *(f"--inventory={inventory}" for inventory in inventories),
        "--extra-vars",
        json.dumps(variables),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def comes_to(process: subprocess.Popen[str], task: str) -> bool:
    """Wait for a task to begin. Whether it did."""
    assert process.stdout
    return any(line.startswith("TASK") and task in line for line in process.stdout)


@contextmanager
def held(process: subprocess.Popen[str]) -> Iterator[None]:
    """Let it begin nothing more until the end of the block."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def cut_at(task: str, playbook: str, name: str, inventories: Sequence[Path], **variables: Any) -> bool:
    """Run a playbook on the machine `name`, and cut the power when it comes to a task. Whether it came to it."""
    with started(playbook, name, inventories, **variables) as process:
        came = comes_to(process, task)
        if came:
            subprocess.run(["docker", "kill", f"{PREFIX}-{name}"], check=True, capture_output=True)
    if came:
        subprocess.run(["docker", "start", f"{PREFIX}-{name}"], check=True, capture_output=True)
        wait = "for i in $(seq 60); do docker version >/dev/null 2>&1 && exit; sleep 1; done; exit 1"
        testinfra.get_host(machine(name)).check_output(wait)
    return came
