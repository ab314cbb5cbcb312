"""What cannot be right ends in one sentence, and the machine stays as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import testinfra
from scenario import Run, ask, machine, run_playbook

ONE_ROLE = "molecule/stack/one_role.yml"
STACK = "stack-debian12"
NEIGHBOUR = "neighbour-debian12"
OF_32_BITS = "neighbour-debian12-i386"

testinfra_hosts = [machine(STACK)]


def run_with(playbook: str, limit: str, *arguments: str, **variables: Any) -> Run:
    return run_playbook(playbook, limit, "--extra-vars", json.dumps(variables), *arguments)


def refusal(run: Run) -> str:
    """The one sentence that the run ended with, before anything was changed."""
    assert run.changed == [], run.changed
    return run.failure


@pytest.mark.parametrize(
    ("role", "variables", "sentence"),
    [
        ("ollama_server", {"ollama_server_address": "0.0.0.0"}, "ollama_server_allow_unauthenticated to true"),
        ("ollama_server", {"ollama_server_environment": {"OLLAMA_HOST": "0.0.0.0"}}, "set ollama_server_address"),
        ("ollama_server", {"ollama_server_settings": {"context_lenght": 8192}}, "context_lenght"),
        ("ollama_server", {"ollama_server_settings": {"context_length": "long"}}, "context_length"),
        ("ollama_server", {"ollama_server_settings": {"igpu_enable": True}}, "which came with Ollama 0.30.0"),
        ("ollama_server", {"ollama_server_environment": {"OLLAMA_MAX_VRAM": 1}}, "which went with Ollama 0.7.0"),
        (
            "ollama_server",
            {"ollama_server_settings": {"keep_alive": "1h"}, "ollama_server_environment": {"OLLAMA_KEEP_ALIVE": "2h"}},
            "sets OLLAMA_KEEP_ALIVE for stack-debian12: set ollama_server_settings alone instead",
        ),
        ("ollama_server", {"ollama_server_port": "many"}, "ollama_server_port"),
        ("ollama_server", {"ollama_server_models": [{"name": "llama3", "sate": "absent"}]}, "sate"),
        ("ollama_server", {"ollama_server_models": [{"name": "llama3", "state": "gone"}]}, "gone"),
        ("ollama_server", {"ollama_server_models": [{"name": "no-such-model"}]}, "has no such model or tag"),
        ("ollama_server", {"ollama_server_models": [{"name": "bad name"}]}, "Model name 'bad name'"),
        ("ollama_server", {"ollama_server_models": [{"name": "127.0.0.1:1/a/b"}]}, "127.0.0.1:1 refuses connections"),
        ("open_webui", {"open_webui_environment": {"DEFAULT_USER_ROLE": "user"}}, "sets DEFAULT_USER_ROLE, which"),
        ("open_webui", {"open_webui_environment": {"WEBUI_SECRET_KEY": "x"}}, "the file .webui_secret_key"),
        ("open_webui", {"open_webui_ollama_base_urls": []}, "name the URL of at least one Ollama server"),
        ("ollama_server", {"ollama_server_ca_bundle": "/no/such/file.pem"}, "there is no such file"),
        ("open_webui", {"open_webui_admin_password": "canary-wrong"}, "does not let admin@localhost sign in"),
        ("nginx_proxy", {"nginx_proxy_upstreams": [{"address": "127.0.0.1:8080", "wait": 1}]}, "wait"),
    ],
)
def test_a_wrong_variable_is_refused(role: str, variables: dict[str, Any], sentence: str) -> None:
    run = run_with(ONE_ROLE, STACK, role=role, **variables)
    message = refusal(run)
    assert sentence in message
    # Ansible's own check of types and keys puts a heading above it.
    assert len(message.splitlines()) == (2 if message.startswith("Validation of arguments failed") else 1)
    assert "canary-wrong" not in run.output


@pytest.mark.parametrize(
    ("role", "variable"),
    [
        ("ollama_server", "ollama_server_port"),
        ("open_webui", "open_webui_port"),
        ("nginx_proxy", "nginx_proxy_port"),
    ],
)
def test_the_program_that_has_taken_a_port_is_named(taken_port: int, role: str, variable: str) -> None:
    message = refusal(run_with(ONE_ROLE, STACK, role=role, **{variable: taken_port}))
    assert f'Port {taken_port} on {STACK} is taken by "python3",pid=' in message
    assert f"or set {variable} to a free port" in message


def test_an_ollama_that_is_not_there_is_not_stored() -> None:
    run = run_with(ONE_ROLE, STACK, role="open_webui", open_webui_ollama_base_urls=["http://127.0.0.1:1"])
    assert "finds no Ollama at http://127.0.0.1:1" in run.failure
    healed = run_with(ONE_ROLE, STACK, role="open_webui")
    assert healed.rc == 0, healed.output
    # The connection was never touched, so only the container's seed had to go back.
    assert [name for name in healed.changed if "Connections" in name] == []


def test_a_wrong_password_leaves_the_chat_to_its_users(host: Any, address: str) -> None:
    host.check_output("docker rm --force open-webui")
    run = run_with(ONE_ROLE, STACK, role="open_webui", open_webui_admin_password="canary-wrong")
    assert "does not let admin@localhost sign in" in run.failure
    assert ask(host, address).status == 200
    assert run_with(ONE_ROLE, STACK, role="open_webui").changed == []


def test_a_server_that_does_not_come_says_why() -> None:
    run = run_with(ONE_ROLE, STACK, role="ollama_server", ollama_server_environment={"OLLAMA_MODELS": "/dev/null/a"})
    message = run.failure
    assert f"Ollama does not answer at http://127.0.0.1:11434 on {STACK}" in message
    assert "/dev/null: not a directory" in message
    healed = run_with(ONE_ROLE, STACK, role="ollama_server")
    assert healed.rc == 0, healed.output


@pytest.mark.parametrize("role", ["ollama_server", "open_webui"])
def test_a_machine_without_docker_is_refused(role: str) -> None:
    message = refusal(run_with(ONE_ROLE, NEIGHBOUR, role=role))
    assert f"{role} finds no Docker that it can talk to on {NEIGHBOUR}" in message
    assert "run the role selfhosted.llm.docker_engine first" in message


@pytest.mark.parametrize("role", ["docker_engine", "open_webui"])
def test_a_system_of_32_bits_is_refused(role: str) -> None:
    message = refusal(run_with(ONE_ROLE, OF_32_BITS, role=role))
    assert f"{OF_32_BITS} runs a 32-bit system under a 64-bit kernel" in message
    assert "install the 64-bit edition of Debian" in message


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        ("docker_engine", "must be root on"),
        ("ollama_server", "finds no Docker that it can talk to on"),
        ("open_webui", "must be root on"),
        ("nginx_proxy", "must be root on"),
    ],
)
def test_who_is_not_root_is_refused(role: str, sentence: str) -> None:
    message = refusal(run_with(ONE_ROLE, NEIGHBOUR, "--user=nobody", role=role, as_root=False))
    assert f"{role} {sentence} {NEIGHBOUR}" in message
    assert "set 'become: true'" in message


@pytest.fixture
def fedora() -> Iterator[None]:
    """The neighbour says that it is a Fedora: no real one can be had where the tests run."""
    neighbour = testinfra.get_host(machine(NEIGHBOUR))
    neighbour.check_output("mv /etc/debian_version /etc/debian_version.kept")
    neighbour.check_output("mv /etc/os-release /etc/os-release.kept")
    neighbour.check_output("printf 'NAME=Fedora\\nID=fedora\\nVERSION_ID=43\\n' > /etc/os-release")
    neighbour.check_output("echo 'Fedora release 43 (Forty Three)' > /etc/redhat-release")
    yield
    neighbour.check_output("rm /etc/redhat-release")
    neighbour.check_output("mv /etc/os-release.kept /etc/os-release")
    neighbour.check_output("mv /etc/debian_version.kept /etc/debian_version")


@pytest.mark.usefixtures("fedora")
@pytest.mark.parametrize("role", ["docker_engine", "ollama_server", "open_webui", "nginx_proxy"])
def test_another_platform_is_refused(role: str) -> None:
    message = refusal(run_with(ONE_ROLE, NEIGHBOUR, role=role))
    assert f"{NEIGHBOUR} runs Fedora" in message
