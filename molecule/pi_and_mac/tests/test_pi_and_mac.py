"""A Pi and a Mac as inventories/pi_and_mac has them: the chat on the one answers with the models of the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import testinfra
from scenario import ROOT, Run, address_of, ask, machine, run_playbook, sign_in

INVENTORIES = (ROOT / "inventories" / "pi_and_mac", ROOT / "molecule" / "pi_and_mac" / "inventory")
SITE = "site.yml"
# Docker Desktop on the Mac, in the place of the app; the authority is the test-bed's.
IN_DOCKER = {
    "ollama_server_runtime": "docker",
    "ollama_server_allow_unauthenticated": True,
    "ollama_server_ca_bundle": "/etc/ssl/certs/ca-certificates.crt",
}

testinfra_hosts = [machine("pi-debian12")]


@pytest.fixture(scope="module")
def mac() -> Any:
    return testinfra.get_host(machine("mac-debian13"))


@pytest.fixture(scope="module")
def mac_address(mac: Any) -> str:
    return address_of(mac)


def run_on_mac(*arguments: str, **variables: Any) -> Run:
    return run_playbook(SITE, "mac", "--extra-vars", json.dumps(variables), *arguments, inventories=INVENTORIES)


def as_owner(mac: Any, command: str) -> str:
    return str(mac.check_output("runuser -u mac -- sh -c %s", command))


def answer(pi: Any) -> str:
    """What the chat answers at the door of the Pi."""
    question = {"model": "llama3:latest", "messages": [{"role": "user", "content": "Who are you?"}]}
    headers = {"Authorization": f"Bearer {sign_in(pi)}"}
    reply = ask(pi, "127.0.0.1", "/api/chat/completions", method="POST", headers=headers, body=question)
    assert reply.status == 200, reply.text
    return str(reply.json()["choices"][0]["message"]["content"])


def test_the_chat_on_the_pi_answers_with_the_model_of_the_mac(host: Any) -> None:
    assert len(answer(host).split()) > 5


def test_ollama_answers_at_the_address_of_the_mac(host: Any, mac_address: str) -> None:
    assert ask(host, mac_address, port=11434).text == "Ollama is running"
    assert not host.socket("tcp://127.0.0.1:11434").is_listening


def test_the_app_of_the_mac_has_the_models_and_nothing_was_installed_there(mac: Any) -> None:
    models = ask(mac, "127.0.0.1", "/api/tags", port=11434).json()["models"]
    assert {model["name"] for model in models} == {"llama3:latest", "all-minilm:latest"}
    assert as_owner(mac, "docker ps --all --quiet; docker volume ls --quiet") == ""


def test_check_mode_finds_nothing_to_do() -> None:
    run = run_playbook(SITE, "all", "--check", "--diff", inventories=INVENTORIES)
    assert (run.rc, run.changed) == (0, []), run.output


def test_what_only_a_container_can_be_given_is_refused() -> None:
    run = run_on_mac(ollama_server_settings={"context_length": 8192})
    assert "ollama_server_runtime is existing on mac" in run.failure
    assert "ollama_server_settings would do nothing" in run.failure


@pytest.fixture
def without_app(mac: Any) -> Iterator[None]:
    """The owner of the Mac has quit the app."""
    mac.check_output("systemctl stop app")
    yield
    as_owner(mac, "docker rm --force ollama; docker volume rm --force ollama")
    mac.check_output("systemctl start app")
    mac.check_output("timeout 60 sh -c 'until ss -Hltn sport = :11434 | grep -q .; do sleep 0.2; done'")


@pytest.mark.usefixtures("without_app")
def test_an_app_that_does_not_run_is_named() -> None:
    run = run_on_mac()
    assert "No Ollama answers at http://" in run.failure
    assert "Start the one that ollama_server_runtime: existing means" in run.failure


@pytest.mark.usefixtures("without_app")
def test_docker_desktop_publishes_the_port_at_the_address_of_the_mac(host: Any, mac: Any, mac_address: str) -> None:
    """Without root, from the socket that only the account's context names."""
    refused = run_on_mac(**{**IN_DOCKER, "ollama_server_allow_unauthenticated": False})
    assert "set ollama_server_allow_unauthenticated to true" in refused.failure
    told = run_on_mac("--check", **IN_DOCKER)
    assert (told.rc, as_owner(mac, "docker ps --all --quiet")) == (0, ""), told.output

    assert run_on_mac(**IN_DOCKER).rc == 0
    container = json.loads(as_owner(mac, "docker inspect ollama"))[0]
    bindings = container["HostConfig"]["PortBindings"]
    assert bindings == {"11434/tcp": [{"HostIp": mac_address, "HostPort": "11434"}]}
    assert "OLLAMA_HOST=0.0.0.0:11434" in container["Config"]["Env"]
    assert len(answer(host).split()) > 5
    again = run_on_mac(**IN_DOCKER)
    assert (again.rc, again.changed) == (0, []), again.output


@pytest.fixture
def without_docker(mac: Any) -> Iterator[None]:
    """The owner of the Mac has not started Docker Desktop."""
    mac.check_output("systemctl stop desktop")
    yield
    mac.check_output("systemctl start desktop")


def test_what_only_root_could_do_to_docker_is_refused() -> None:
    run = run_on_mac(**IN_DOCKER, docker_engine_daemon_options={"debug": True})
    assert "docker_engine leaves the Docker of mac on mac as it is" in run.failure
    assert "would do nothing" in run.failure


@pytest.mark.usefixtures("without_docker")
def test_docker_desktop_that_does_not_run_is_named() -> None:
    """The role would install Docker for root, which nobody is here."""
    assert "docker_engine must be root on mac, where no Docker answers to mac" in run_on_mac(**IN_DOCKER).failure
