"""ollama_model when the server's machine has little memory: who waits for a model learns before that it is in vain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from fault_proxy import between
from faulty_registry import FaultyRegistry
from modules import Result, run_module
from servers import STATE, OllamaServer, fresh_ollama

KIBIBYTES = 1000
REFUSED = "unless it has swap, Ollama will refuse to load the model"


def ollama_model(url: str, **arguments: Any) -> Result:
    options = {name: arguments.pop(name) for name in ("check",) if name in arguments}
    arguments = {"api_url": url, "registry_ca_path": str(STATE / "ca.pem"), **arguments}
    return run_module("ollama_model", arguments, **options)


def warnings(result: Result) -> list[str]:
    assert not result.failed, result.message
    return [str(warning) for warning in result.values.get("warnings", [])]


@pytest.fixture
def small_machine(services: dict[str, Any], tmp_path: Path) -> Iterator[OllamaServer]:
    """An Ollama server that finds 1 MB of memory on its machine, and no swap."""
    there = {"MemTotal": KIBIBYTES, "MemFree": KIBIBYTES, "MemAvailable": KIBIBYTES, "SwapTotal": 0, "SwapFree": 0}
    told = tmp_path / "meminfo"
    told.write_text("".join(f"{name}: {size} kB\n" for name, size in there.items()))
    with fresh_ollama(services, f"--volume={told}:/proc/meminfo:ro") as server:
        yield server


def test_ollama_refuses_to_load_what_was_warned_of(small_machine: OllamaServer, registry: FaultyRegistry) -> None:
    name = registry.name("llama3")
    wanted = {"name": [name], "memory_size": KIBIBYTES * 1024}
    expected = f"Model '{name}:latest' needs at least 2 MB for its weights, and the server's machine has 1 MB of memory"
    [promised] = warnings(ollama_model(small_machine.url, **wanted, check=True))
    assert promised.startswith(expected)
    assert REFUSED in promised
    assert registry.sent == 0
    assert warnings(ollama_model(small_machine.url, **wanted)) == [promised], "it is a warning only"

    reply = requests.post(f"{small_machine.url}/api/generate", json={"model": name, "prompt": "hello"}, timeout=60)
    assert "requires more system memory" in reply.json()["error"]
    assert "requires more system memory" in promised


def test_what_is_there_is_warned_of_without_another_request(server: OllamaServer) -> None:
    ollama_model(server.url, name=["llama3", "mistral"])
    wanted = [{"name": "llama3"}, {"name": "mistral", "state": "absent"}]
    with between(server.url) as (url, proxy):
        [warning] = warnings(ollama_model(url, models=wanted[:1], memory_size=1_000_000))
        assert warning.startswith("Model 'llama3:latest' needs at least 2 MB")
        assert warnings(ollama_model(url, models=wanted[:1], memory_size=10_000_000)) == []
    assert proxy.requests == ["GET /api/tags HTTP/1.1"] * 2
    assert warnings(ollama_model(server.url, models=wanted, memory_size=1_000_000, check=True)) == [warning]


def test_what_does_not_fit_into_the_gpus_is_slow(server: OllamaServer, registry: FaultyRegistry) -> None:
    wanted = {"name": [registry.name("llama3")], "gpu_memory_size": 1_000_000}
    [warning] = warnings(ollama_model(server.url, **wanted, memory_size=2_000_000, check=True))
    assert "has 1 MB of GPU memory: part of the model will run on the CPU" in warning
    [warning] = warnings(ollama_model(server.url, **wanted, memory_size=1_000_000))
    assert "has 1 MB of memory and 1 MB of GPU memory: " + REFUSED in warning
    assert warnings(ollama_model(server.url, **{**wanted, "gpu_memory_size": 3_000_000}, memory_size=1)) == []
