"""The models follow the variables: exclusive lists, pins, and a disk that is too small."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from scenario import ask, machine, run_playbook

CONVERGE = "molecule/ollama_server/converge.yml"
NAME = "ollama-server-debian13"

testinfra_hosts = [machine(NAME)]


def models(host: Any) -> set[str]:
    reply = ask(host, "127.0.0.1", "/api/tags", port=11434).json()
    return {model["name"] for model in reply["models"]}


def test_an_exclusive_list_removes_what_somebody_else_put_there(host: Any) -> None:
    body = {"source": "llama3", "destination": "somebody/extra"}
    ask(host, "127.0.0.1", "/api/copy", port=11434, method="POST", body=body)
    assert run_playbook(CONVERGE, NAME).changed == []
    exclusive = ["--extra-vars", json.dumps({"ollama_server_models_exclusive": True})]
    run = run_playbook(CONVERGE, NAME, *exclusive)
    assert [task.split(" : ")[1].split(" (")[0] for task in run.changed] == ["Models | Install and remove"]
    assert models(host) == {"llama3:latest", "dolphin-llama3:8b-256k", "paper:latest"}
    assert run_playbook(CONVERGE, NAME, *exclusive).changed == []


def test_a_digest_that_the_registry_does_not_offer_is_refused(host: Any) -> None:
    before = models(host)
    pinned = {"ollama_server_models": [{"name": "mistral", "digest": "0" * 64}]}
    run = run_playbook(CONVERGE, NAME, "--extra-vars", json.dumps(pinned))
    assert "'mistral:latest' is pinned to sha256:000" in run.failure
    assert "the registry registry.ollama.ai offers sha256:" in run.failure
    assert models(host) == before


@pytest.fixture
def small_disk(host: Any) -> Iterator[None]:
    """The host sees 1 MB of room where the models are; the server, which started before, sees what there was."""
    folder = host.check_output("docker volume inspect ollama --format '{{.Mountpoint}}'") + "/models"
    host.check_output(f"mount -t tmpfs -o size=1m tmpfs {folder}")
    yield
    host.check_output(f"umount {folder}")


@pytest.mark.usefixtures("small_disk")
def test_models_that_the_disk_has_no_room_for_are_refused(host: Any) -> None:
    wanted = {"ollama_server_models": [{"name": "all-minilm"}]}
    run = run_playbook(CONVERGE, NAME, "--extra-vars", json.dumps(wanted))
    assert "The models need 46 MB more" in run.failure
    assert "/volumes/ollama/_data/models has 1 MB free: make room" in run.failure
    assert "all-minilm:latest" not in models(host)
