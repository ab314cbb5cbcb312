"""ollama_model on a machine that Ansible reaches over SSH, when the connection to it is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from faulty_registry import FaultyRegistry
from modules import Result, run_module
from servers import OllamaServer
from ssh_hosts import SshHost, ssh_host

BROKEN = "localhost | the connection broke off, and is made anew: "


@pytest.fixture(scope="module")
def machine(services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    """A machine on which the module runs, and from which it reaches the Ollama server."""
    with ssh_host(services, tmp_path_factory.mktemp("ssh")) as host:
        yield host


def pull(server: OllamaServer, registry: FaultyRegistry, machine: SshHost, **variables: Any) -> Result:
    """Pull a model of some 46 MB."""
    arguments = {"api_url": server.url, "name": [registry.name("all-minilm")]}
    return run_module("ollama_model", arguments, machine=machine.variables | variables)


def pull_and_lose(server: OllamaServer, registry: FaultyRegistry, machine: SshHost, lose: Callable[[], None]) -> Result:
    """The same, slowly, while the connection is lost in the second slice; the first takes 10 seconds."""
    registry.rate = 2_000_000

    def wait_and_lose() -> None:
        registry.wait_until_sent(30_000_000)
        lose()

    loser = threading.Thread(target=wait_and_lose)
    loser.start()
    result = pull(server, registry, machine)
    loser.join()
    shown, _broken, _rest = result.output.partition(BROKEN)
    assert " of 46 MB)" in shown, "it was lost in the first slice, or not noticed"
    return result


def assert_fetched_once(registry: FaultyRegistry, result: Result) -> None:
    """Nothing came twice but what was on its way."""
    again = registry.sent - result.values["models"][0]["size"]
    assert 0 <= again < 500_000, f"{again} bytes were fetched twice"


def test_a_connection_that_is_lost_is_made_anew(
    server: OllamaServer, registry: FaultyRegistry, machine: SshHost
) -> None:
    result = pull_and_lose(server, registry, machine, machine.end_connections)
    assert result.changed, result.message
    assert [model["action"] for model in result.values["models"]] == ["pulled"]
    assert len(server.models()) == 1
    assert_fetched_once(registry, result)
    assert not pull(server, registry, machine).changed


def test_a_machine_that_is_gone_is_unreachable_and_the_next_run_goes_on(
    server: OllamaServer, registry: FaultyRegistry, machine: SshHost
) -> None:
    result = pull_and_lose(server, registry, machine, machine.stop)
    assert result.values["unreachable"]
    assert "Connection refused" in result.message
    assert result.output.count(BROKEN) == 3
    assert server.models() == {}

    machine.start()
    registry.rate = None
    again = pull(server, registry, machine)
    assert again.changed, again.message
    assert_fetched_once(registry, again)


def test_a_machine_that_is_not_there_is_unreachable_at_once(
    server: OllamaServer, registry: FaultyRegistry, machine: SshHost
) -> None:
    result = pull(server, registry, machine, ansible_port=1)
    assert result.values["unreachable"]
    assert "ssh: connect to host 127.0.0.1 port 1: Connection refused" in result.message
    assert BROKEN not in result.output
