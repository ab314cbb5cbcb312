"""Waits until a service of the Swarm runs as declared, or says why it does not. Usage: settled.py SERVICE [new]

A service that went back keeps saying so, which is news only where it is `new`: when it was to be another one just now.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

PATIENCE = 1800  # Seconds: each machine fetches the image, and a migration takes its time.
FAILURES = 3
# What a run may change. The rest is compared with what Docker fills in.
DECLARED = ("Image", "Env", "Mounts", "Secrets")


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


def read(service: str) -> tuple[Any, list[Any]]:
    """The service, and its tasks, the latest first."""
    declared = json.loads(docker("service", "inspect", service))[0]
    numbers = docker("service", "ps", "--quiet", "--no-trunc", service).split()
    tasks = json.loads(docker("inspect", "--type", "task", *numbers)) if numbers else []
    return declared, sorted(tasks, key=lambda task: str(task["CreatedAt"]), reverse=True)


def as_declared(task: Any, declared: Any) -> bool:
    """Whether a task is of the service as it is now, and not as it was before."""
    now, then = declared["Spec"]["TaskTemplate"]["ContainerSpec"], task["Spec"]["ContainerSpec"]
    return all(now.get(key) == then.get(key) for key in DECLARED)


def runs(declared: Any, tasks: list[Any]) -> bool:
    """Whether all tasks that are to run do, as declared, and well: until its check says so, a task is starting."""
    wanted = [task for task in tasks if task["DesiredState"] == "running"]
    replicas = declared["Spec"]["Mode"].get("Replicated", {}).get("Replicas", 1)
    return len(wanted) >= replicas and all(
        task["Status"]["State"] == "running" and as_declared(task, declared) for task in wanted
    )


def failures(tasks: list[Any]) -> dict[str, str]:
    """The tasks that failed, with what Docker says of them."""
    return {
        task["ID"]: task["Status"].get("Err", "") for task in tasks if task["Status"]["State"] in ("failed", "rejected")
    }


def why(tasks: list[Any]) -> str:
    """What the last task that failed ended with."""
    return next((error for error in failures(tasks).values() if error), "no task came so far")


def verdict(declared: Any, tasks: list[Any], before: set[str], new: bool) -> str | None:
    """Empty when it runs, None while it is to be waited for, else why it does not run."""
    state = declared.get("UpdateStatus", {}).get("State", "")
    if state == "rollback_completed" and new:
        return f"{why(tasks)}, and the Swarm went back to what ran before"
    if state in ("paused", "rollback_paused"):
        return f"{why(tasks)}, and the Swarm waits for somebody"
    if state in ("updating", "rollback_started"):
        return None
    if runs(declared, tasks):
        return ""
    if len(failures(tasks).keys() - before) >= FAILURES:
        return f"it ended {FAILURES} times, the last time with: {why(tasks)}"
    return None


def main(service: str, new: str = "") -> str | None:
    until = time.monotonic() + PATIENCE
    before = set(failures(read(service)[1]))
    while True:
        declared, tasks = read(service)
        reason = verdict(declared, tasks, before, bool(new))
        if reason is None and time.monotonic() > until:
            reason = f"after {PATIENCE // 60} minutes: {why(tasks)}"
        if reason is not None:
            return reason or None
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
