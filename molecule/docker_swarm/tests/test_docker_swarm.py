"""A Swarm as inventories/swarm has it is one chat, goes on without one of its machines, and goes back by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import testinfra
from scenario import PREFIX, ROOT, Answer, Refused, Run, ask, machine, run_playbook

INVENTORIES = (ROOT / "inventories" / "swarm", ROOT / "molecule" / "docker_swarm" / "inventory")
SECRETS = ROOT / ".testbed" / "swarm"
# What the machines of the inventory are here.
CHATS = {"chat1": "swarm-debian12", "chat2": "swarm-debian13", "chat3": "swarm-third-debian13"}
MODELS = {"gpu1": "swarm-models-debian13", "gpu2": "swarm-models-debian12"}
DOOR = "swarm-database-debian13"
SITE_NAME = "chat.example.com"

testinfra_hosts = [machine(DOOR)]


def on(name: str) -> Any:
    return testinfra.get_host(machine(name))


def here() -> Any:
    """The machine that the test hosts are containers of."""
    return testinfra.get_host("local://")


def secrets() -> dict[str, str]:
    made_up = {file.name: file.read_text().split()[0] for file in SECRETS.glob("[a-z]*") if file.is_file()}
    return made_up | {"bucket": "canary-key-of-the-bucket"}


def swarm(*arguments: str, playbook: str = "swarm.yml", limit: str = "open_webui") -> Run:
    run = run_playbook(playbook, limit, *arguments, inventories=INVENTORIES)
    assert [name for name, secret in secrets().items() if secret in run.output] == []
    return run


def tasks(service: str, manager: str = "chat1") -> dict[str, str]:
    """The machines on which a service is to run, and how it is there."""
    shown = on(CHATS[manager]).check_output(
        "docker service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}} {{.Image}}' %s", service
    )
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in shown.splitlines()}


def images() -> set[str]:
    return {state.split()[-1] for state in tasks("open-webui").values()}


@pytest.fixture(scope="module")
def session() -> str:
    body = {"email": "admin@example.com", "password": secrets()["admin"]}
    return str(through_the_door("/api/v1/auths/signin", body=body).json()["token"])


def through_the_door(path: str, session: str = "", body: Any = None) -> Answer:
    headers = {"Host": SITE_NAME, **({"Authorization": f"Bearer {session}"} if session else {})}
    method = "GET" if body is None else "POST"
    return ask(on(DOOR), "127.0.0.1", path, port=443, method=method, body=body, headers=headers, tls_name=SITE_NAME)


def answers(session: str, count: int) -> list[int]:
    """The statuses of questions to a model that are asked one after another through the door."""
    body = {"model": "llama3:latest", "messages": [{"role": "user", "content": "Who are you?"}]}
    return [through_the_door("/api/chat/completions", session, body).status for _time in range(count)]


def wait_for(what: Callable[[], bool], reason: str) -> None:
    for _attempt in range(180):
        with suppress(Refused):
            if what():
                return
        time.sleep(1)
    pytest.fail(f"{reason}: {tasks('open-webui')} {tasks('ollama')}")


def all_run() -> bool:
    return (
        all("Running" in state for state in {**tasks("open-webui"), **tasks("ollama")}.values())
        and set(tasks("ollama")) == set(MODELS.values())
        and len(tasks("open-webui")) == 2
    )


def test_a_model_answers_through_the_door(session: str) -> None:
    assert answers(session, 2) == [200, 200]
    assert set(tasks("ollama")) == set(MODELS.values())
    assert len(set(tasks("open-webui")) & set(CHATS.values())) == 2


def test_ollama_listens_on_its_machine_only() -> None:
    for name in MODELS.values():
        listening = on(name).check_output("ss --no-header --listening --tcp --numeric 'sport = :11434'")
        assert [line.split()[3] for line in listening.splitlines()] == ["127.0.0.1:11434"]


def test_no_secret_is_shown_by_docker() -> None:
    manager = on(CHATS["chat1"])
    shown = manager.check_output("docker service inspect open-webui ollama")
    shown += manager.check_output("docker secret inspect $(docker secret ls --quiet)")
    for name in tasks("open-webui"):
        shown += on(name).check_output("docker inspect $(docker ps --quiet)")
        shown += on(name).check_output("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '")
    assert [name for name, secret in secrets().items() if secret in shown] == []


@contextmanager
def lost(name: str) -> Iterator[None]:
    """A machine whose power is cut, and that starts again afterwards."""
    here().check_output("docker kill %s", f"{PREFIX}-{name}")
    try:
        yield
    finally:
        here().check_output("docker start %s", f"{PREFIX}-{name}")


def test_another_machine_takes_over_from_one_that_is_lost(session: str) -> None:
    """Not the first, which the test asks how it is."""
    running = tasks("open-webui")
    victim = next(name for name in running if name != CHATS["chat1"])
    spare = (set(CHATS.values()) - set(running)).pop()
    with lost(victim):
        wait_for(lambda: "Running" in tasks("open-webui").get(spare, ""), f"{spare} did not take over from {victim}")
        wait_for(lambda: answers(session, 4) == [200] * 4, "nobody answers")
    wait_for(all_run, "the machine that was lost did not come back")


def test_people_go_on_without_one_of_the_ollamas(session: str) -> None:
    with lost(MODELS["gpu2"]):
        wait_for(lambda: answers(session, 4) == [200] * 4, "nobody answers")
    wait_for(all_run, "the machine that was lost did not come back")


def test_a_version_that_does_not_start_is_taken_back(session: str) -> None:
    before = images()
    run = swarm("--extra-vars", json.dumps({"open_webui_version": "0.0.0"}))
    assert "open-webui:v0.0.0" in run.failure
    assert "the Swarm went back to what ran before" in run.failure
    assert images() == before
    assert answers(session, 2) == [200, 200]
    assert swarm().changed == []


def test_a_changed_secret_reaches_the_servers_one_after_another(session: str) -> None:
    """The name of the first admin is one of them, and of no use to a database that has accounts."""
    name = ("--extra-vars", json.dumps({"open_webui_admin_name": "Somebody"}))
    run = swarm(*name)
    assert run.rc == 0, run.output
    assert answers(session, 2) == [200, 200]
    assert swarm(*name).changed == []


def test_a_part_of_the_swarm_is_not_taken_away() -> None:
    """The services are everybody's."""
    before = tasks("open-webui").keys() | tasks("ollama").keys()
    assert "this run is not for gpu1, gpu2" in swarm(playbook="remove.yml", limit="open_webui").failure
    assert tasks("open-webui").keys() | tasks("ollama").keys() == before


@pytest.mark.parametrize("playbook", ["site.yml", "rollout.yml", "restore.yml"])
def test_containers_do_not_come_beside_services(playbook: str) -> None:
    assert "This inventory is one of a Docker Swarm" in swarm(playbook=playbook, limit="ollama").failure


def test_what_is_taken_away_comes_back_with_its_data(session: str) -> None:
    """The last one, since it takes the longest to undo."""
    gone = swarm(playbook="remove.yml", limit="all")
    assert gone.rc == 0, gone.output
    manager = on(CHATS["chat1"])
    assert manager.check_output("docker service ls --quiet") == ""
    assert manager.check_output("docker secret ls --quiet") == ""
    assert swarm(playbook="remove.yml", limit="all").changed == []
    back = swarm(limit="all")
    assert back.rc == 0, back.output
    assert answers(session, 1) == [200]
