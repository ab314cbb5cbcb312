"""ollama_info on a real Ollama."""

from __future__ import annotations

import pytest
import requests
from faulty_registry import FaultyRegistry
from modules import run_module
from servers import STATE, OllamaServer


@pytest.mark.parametrize("through_ansible", [True, False])
def test_an_empty_server(server: OllamaServer, through_ansible: bool) -> None:
    result = run_module("ollama_info", {"api_url": server.url}, through_ansible=through_ansible)
    assert not result.changed
    assert (result.values["version"], result.values["models"]) == ("0.24.0", [])


@pytest.mark.parametrize("check", [True, False])
def test_what_is_there_and_what_is_loaded(server: OllamaServer, check: bool) -> None:
    server.stock("mistral", "llama3")
    run_module("ollama_model_load", {"api_url": server.url, "name": ["llama3"]})
    result = run_module("ollama_info", {"api_url": server.url}, check=check)
    assert {model["name"]: model["digest"] for model in result.values["models"]} == server.models()
    assert [model["name"] for model in result.values["models"]] == ["llama3:latest", "mistral:latest"]
    assert result.values["models"][0]["family"] == "llama"
    assert result.values["models"][0]["capabilities"] == ["completion"]
    [running] = result.values["running"]
    assert (running["name"], running["size_vram"]) == ("llama3:latest", 0)
    assert running["size"] > 0
    assert running["context_length"] > 0


def test_what_the_registries_offer(server: OllamaServer, registry: FaultyRegistry) -> None:
    """One that moved, one that did not, and one of a registry that does not answer."""
    moved, same = registry.name("llama3"), registry.name("mistral")
    server.empty()
    for name in (moved, same):
        run_module("ollama_model", {"api_url": server.url, "name": [name], "registry_ca_path": str(STATE / "ca.pem")})
    requests.post(f"{server.url}/api/copy", json={"source": same, "destination": "127.0.0.1:1/library/own"}, timeout=30)
    registry.moved = {"llama3": "mistral"}
    registry.requests.clear()
    result = run_module(
        "ollama_info", {"api_url": server.url, "registry": True, "registry_ca_path": str(STATE / "ca.pem")}
    )
    [own, found_moved, found_same] = result.values["models"]
    assert own["registry_digest"] is None
    assert found_moved["registry_digest"] == found_same["registry_digest"] == found_same["digest"]
    assert found_moved["digest"] != found_same["digest"]
    assert sorted(registry.requests) == [f"GET /v2/library/{name}/manifests/latest" for name in ("llama3", "mistral")]


def test_a_name_to_which_the_server_does_not_answer(server: OllamaServer) -> None:
    result = run_module("ollama_info", {"api_url": server.url.replace("127.0.0.1", "127.1")})
    assert "with 403: a server that listens on loopback answers to such names as localhost" in result.message


def test_nobody_there() -> None:
    result = run_module("ollama_info", {"api_url": "http://127.0.0.1:1"})
    assert result.message.startswith("Ollama at http://127.0.0.1:1 cannot be reached")
