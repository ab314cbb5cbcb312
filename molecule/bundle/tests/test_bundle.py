"""A machine without internet gets everything from a bundle, and models from a neighbour."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra
from scenario import ROOT, Run, ask, machine, run_playbook

INVENTORIES = (ROOT / "molecule" / "bundle" / "inventory",)
SEED = "ollama-server-debian12"
NAME = "bundle-debian13"
BUNDLE = ROOT / ".testbed" / "bundle"
KEY = {"Authorization": "Bearer canary-gateway-key-of-the-bundle"}

testinfra_hosts = [machine(NAME)]


def run(playbook: str, limit: str = NAME, **variables: Any) -> Run:
    variables["bundle_source"] = SEED
    return run_playbook(playbook, limit, "--extra-vars", json.dumps(variables), inventories=INVENTORIES)


def models(host: Any) -> dict[str, str]:
    reply = ask(host, "127.0.0.1", "/api/tags", port=11434).json()
    return {model["name"]: model["digest"] for model in reply["models"]}


def test_the_machine_is_cut_off(host: Any) -> None:
    assert host.run("docker pull docker.io/ollama/ollama:0.24.0").rc != 0
    assert host.run("timeout 3 python3 -c %s", "import socket; socket.create_connection(('1.1.1.1', 80))").rc != 0


def test_the_models_of_the_bundle_answer_behind_the_door(host: Any) -> None:
    told = json.loads((BUNDLE / "bundle.json").read_text())
    assert models(host) == {model["name"]: model["digest"] for model in told["models"]}
    body = {"model": "llama3", "prompt": "Who are you?", "stream": False}
    answer = ask(host, "127.0.0.1", "/api/generate", port=11435, method="POST", headers=KEY, body=body)
    assert len(answer.json()["response"].split()) > 5


def test_nothing_of_the_bundle_is_left_behind(host: Any) -> None:
    assert not host.file("/var/lib/selfhosted_llm_bundle").exists
    assert host.check_output("find /var/tmp -name '*.tar' -o -name 'bundle.*'") == ""
    assert host.check_output("cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true").count("\n") == 0
    assert json.loads(host.file("/etc/docker/daemon.json").content_string)["log-opts"]["max-file"] == "3"


def test_a_bundle_that_is_there_is_not_made_again() -> None:
    again = run("bundle.yml", SEED)
    assert again.rc == 0, again.output
    assert again.changed == []


def test_an_image_that_is_no_good_here_is_refused(tmp_path: Path) -> None:
    told = json.loads((BUNDLE / "bundle.json").read_text())
    # Another one than the machine has.
    told["images"][0] |= {"id": "sha256:" + "0" * 64, "file": "image.tar"}
    (tmp_path / "bundle.json").write_text(json.dumps(told))
    (tmp_path / "image.tar").write_bytes(b"damaged")
    failure = run("site.yml", bundle_path=str(tmp_path)).failure
    assert f"image.tar in {tmp_path} is missing or damaged" in failure
    assert "docker.io/ollama/ollama:0.24.0" in failure
    (tmp_path / "bundle.json").write_text(json.dumps(told | {"architecture": "arm64"}))
    failure = run("site.yml", bundle_path=str(tmp_path)).failure
    assert f"{tmp_path} has images for arm64, and {NAME} is amd64" in failure


@pytest.fixture
def large_model(host: Any) -> Iterator[str]:
    """A model that neither the machine nor its neighbour has."""
    name = "all-minilm"
    yield name
    for server in (host, testinfra.get_host(machine(SEED))):
        ask(server, "127.0.0.1", "/api/delete", port=11434, method="DELETE", body={"model": name})


def test_a_neighbour_fetches_a_model_once_for_all(host: Any, large_model: str) -> None:
    seed = testinfra.get_host(machine(SEED))
    assert f"{large_model}:latest" not in models(seed)
    wanted = {
        "ollama_server_models": [{"name": large_model}, {"name": "llama3", "state": "latest"}],
        "ollama_server_models_path": "",
        "ollama_server_seed": SEED,
    }
    first = run("site.yml", **wanted)
    assert first.rc == 0, first.output
    assert models(host)[f"{large_model}:latest"] == models(seed)[f"{large_model}:latest"]
    assert models(host)["llama3:latest"] == models(seed)["llama3:latest"]
    assert "python" not in seed.check_output("ss --listening --tcp --processes"), "it shows them no longer"
    assert run("site.yml", **wanted).changed == []


def test_who_cannot_take_from_a_neighbour_asks_the_registry() -> None:
    result = run(
        "site.yml",
        ollama_server_models_path="",
        ollama_server_seed=SEED,
        # An address that is not the neighbour's.
        ollama_server_seed_address="192.0.2.1",
    )
    assert f"WARNING: {NAME} cannot take models from {SEED} (ollama_server_seed)" in result.output
    assert "Cannot assign requested address" in result.output
    assert "Whether 'dolphin-llama3:8b-256k' is the latest cannot be told" in result.failure
