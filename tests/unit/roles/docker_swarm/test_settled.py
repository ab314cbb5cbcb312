"""When a service of a Swarm counts as running, when it is waited for, and when it failed."""

from __future__ import annotations

from typing import Any

import pytest
import settled


def service(image: str = "new", replicas: int | None = 2, state: str = "") -> dict[str, Any]:
    """As `docker service inspect` shows it; without a number of replicas it is on every node."""
    mode = {"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}}
    status = {"UpdateStatus": {"State": state}} if state else {}
    return {"Spec": {"Mode": mode, "TaskTemplate": {"ContainerSpec": {"Image": image, "DNSConfig": {}}}}, **status}


def task(state: str = "running", image: str = "new", wanted: str = "running", error: str = "") -> dict[str, Any]:
    """As `docker inspect --type task` shows it, without what Docker fills in."""
    status = {"State": state, **({"Err": error} if error else {})}
    spec = {"ContainerSpec": {"Image": image}}
    return {"ID": f"{state}-{error}", "Status": status, "DesiredState": wanted, "Spec": spec}


OLD = task(image="old")
GONE = task("shutdown", image="old", wanted="shutdown")


@pytest.mark.parametrize(
    ("declared", "tasks"),
    [
        (service(), [task(), task(), GONE]),
        (service(replicas=None), [task()]),
        (service(state="completed"), [task(), task()]),
    ],
)
def test_it_runs(declared: Any, tasks: list[Any]) -> None:
    assert settled.verdict(declared, tasks, set(), new=True) == ""


@pytest.mark.parametrize(
    ("declared", "tasks"),
    [
        (service(), [task()]),
        (service(), [task(), task("starting")]),
        # The update has not begun to say that it is one.
        (service(), [OLD, OLD]),
        (service(state="updating"), [task(), task()]),
        (service(state="rollback_started"), [task(), task()]),
        (service(replicas=None), []),
    ],
)
def test_it_is_waited_for(declared: Any, tasks: list[Any]) -> None:
    assert settled.verdict(declared, tasks, set(), new=True) is None


def test_going_back_is_a_failure_of_the_run_that_wanted_something_new() -> None:
    failed = task("rejected", wanted="shutdown", error="No such image: new")
    back, tasks = service("old", state="rollback_completed"), [OLD, OLD, failed]
    assert "No such image: new, and the Swarm went back" in str(settled.verdict(back, tasks, set(), new=True))
    assert settled.verdict(back, tasks, set(), new=False) == ""


def test_what_the_swarm_gave_up_is_said_by_each_run() -> None:
    assert "waits for somebody" in str(settled.verdict(service(state="rollback_paused"), [OLD], set(), new=False))


def test_one_that_ends_again_and_again_is_not_waited_for() -> None:
    failed = [task("failed", wanted="shutdown", error=f"exit {number}") for number in (3, 2, 1)]
    assert "exit 3" in str(settled.verdict(service(), [task("starting"), *failed], set(), new=True))
    assert settled.verdict(service(), [task("starting"), *failed], {"failed-exit 1"}, new=True) is None
