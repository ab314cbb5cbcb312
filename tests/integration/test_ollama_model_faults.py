"""ollama_model when registry, network or server fail in the middle: one sentence, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from fault_proxy import between
from faulty_registry import Fault, FaultyRegistry
from modules import ENVIRONMENT, ROOT, Result, command, run_module
from servers import STATE, OllamaServer, fresh_ollama

# Some 46 MB, and the first of its layers with nearly all of them.
LARGE = "all-minilm"


def pull(server: OllamaServer, name: str, **arguments: Any) -> Result:
    arguments = {"api_url": server.url, "name": [name], "retries": 0, **arguments}
    return run_module("ollama_model", arguments)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("manifests", status=404), "has no such model or tag: check the spelling"),
        (Fault("manifests", status=500), "breaks off or does not answer"),
        (Fault("manifests", status=401), "the name is misspelt, or the model is private"),
        (Fault("manifests", status=412, body=b"newer"), "the model needs a newer Ollama: upgrade the server"),
        (Fault("manifests", status=429), "has had too many requests: try again later"),
        (Fault("manifests", status=200, body=b"<html>"), "does not answer as a registry does"),
        (Fault("manifests", status=200), "does not answer as a registry does"),
        (Fault("manifests", status=200, body=b"{}"), "is no model"),
        (Fault("manifests", stall_after=0), "for 3 seconds"),
        (Fault("blobs", status=404), "lists the model but lacks a part of it"),
        (Fault("blobs", status=500), "breaks off or does not answer"),
        (Fault("blobs", status=200, body=b"x"), "serves its layers itself, and Ollama wants them from another host"),
        (Fault("/data", stall_after=0), "for 3 seconds"),
        (Fault("/data", stall_after=1_000_000), "for 3 seconds"),
        (Fault("/data", corrupt=1_000_000), "what arrived is not what the registry announced"),
        (Fault("/data", status=200, body=b"<html>"), "what arrived is not what the registry announced"),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_a_registry_that_fails(server: OllamaServer, registry: FaultyRegistry, fault: Fault, sentence: str) -> None:
    registry.faults = [fault]
    result = pull(server, registry.name("llama3"), stall_timeout=3)
    assert result.failed
    assert not result.changed
    assert sentence in result.message
    assert "\n" not in result.message
    assert server.models() == {}
    registry.faults = []
    # What a damaged download left behind is noticed, and fetched again.
    again = pull(server, registry.name("llama3"), retries=1)
    assert again.changed, again.message
    assert len(server.models()) == 1


def test_a_model_that_would_end_the_server_at_its_next_start_is_removed(
    server: OllamaServer, registry: FaultyRegistry
) -> None:
    registry.offer("llama3", b"GGUF\x03\0\0\0" + b"\xff" * 100)
    result = pull(server, registry.name("llama3"))
    assert "what came from the registry" in result.message
    assert "is no model (the server cannot show it). It was removed again" in result.message
    assert server.models() == {}
    server.docker("restart")
    server.wait()


def test_a_pull_that_stalls_at_the_last_byte(server: OllamaServer, registry: FaultyRegistry) -> None:
    size = next(iter(pull(server, registry.name("llama3")).values["models"]))["size"]
    server.empty()
    registry.faults = [Fault("/data", stall_after=size - 10_000)]
    result = pull(server, registry.name("llama3"), stall_timeout=3)
    assert "for 3 seconds" in result.message
    assert server.models() == {}


def test_a_stall_that_is_longer_than_a_slice(server: OllamaServer, registry: FaultyRegistry) -> None:
    registry.faults = [Fault("/data", stall_after=1_000_000)]
    result = pull(server, registry.name("llama3"), stall_timeout=14)
    assert "for 14 seconds" in result.message
    assert "localhost | " in result.output, "the first slice ended before"


def test_damage_that_stays_is_not_fetched_for_ever(server: OllamaServer, registry: FaultyRegistry) -> None:
    registry.faults = [Fault("/data", corrupt=5)]
    result = pull(server, registry.name("llama3"), retries=1)
    assert "what arrived is not what the registry announced" in result.message
    assert len([request for request in registry.requests if "manifests" in request]) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault("manifests", times=1, status=500),
        Fault("manifests", times=1, status=429),
        Fault("/data", times=1, corrupt=1_000_000),
        Fault("/data", times=1, cut_after=1_000_000),
    ],
    ids=lambda fault: fault.name,
)
def test_a_fault_that_passes_is_overcome(server: OllamaServer, registry: FaultyRegistry, fault: Fault) -> None:
    registry.faults = [fault]
    result = pull(server, registry.name("llama3"), retries=1)
    assert not result.failed, result.message
    assert len(server.models()) == 1


def test_layers_that_a_damaged_download_left_behind_are_not_trusted(
    server: OllamaServer, registry: FaultyRegistry
) -> None:
    """Ollama checks the layers of a pull up to the first that is wrong, and trusts the others in the next pull."""
    whole = pull(server, registry.name("llama3")).values["models"][0]
    template = requests.post(f"{server.url}/api/show", json={"model": whole["name"]}, timeout=30).json()["template"]
    server.empty()
    # The weights and what comes behind them, once each.
    registry.faults = [Fault("/data", times=4, corrupt=5)]
    again = pull(server, registry.name("llama3"), retries=2).values["models"][0]
    assert again["digest"] == whole["digest"]
    reply = requests.post(f"{server.url}/api/show", json={"model": whole["name"]}, timeout=30).json()
    assert reply["template"] == template


def test_what_an_earlier_run_left_damaged_is_fetched_again_where_the_store_is_known(
    services: dict[str, Any], registry: FaultyRegistry, tmp_path: Path
) -> None:
    own = (f"--user={os.getuid()}", "--env=HOME=/store", f"--volume={tmp_path}:/store")
    store = {"storage_path": str(tmp_path / ".ollama" / "models"), "registry_ca_path": str(STATE / "ca.pem")}
    with fresh_ollama(services, *own) as server:
        registry.faults = [Fault("/data", corrupt=5)]
        assert pull(server, registry.name("llama3")).failed
        registry.faults = []
        result = pull(server, registry.name("llama3"), **store)
        assert result.changed, result.message
        assert "was damaged, and is fetched again: sha256:" in result.output
        body = {"model": result.values["models"][0]["name"]}
        reply = requests.post(f"{server.url}/api/show", json=body, timeout=30).json()
    assert reply["template"] == "{{ .Prompt }}<|answer|>"


def test_what_trying_again_cannot_help_is_tried_once(server: OllamaServer, registry: FaultyRegistry) -> None:
    registry.faults = [Fault("manifests", status=404)]
    assert pull(server, registry.name("llama3"), retries=4).failed
    assert len(registry.requests) == 1


def test_the_conversation_with_the_server_is_cut_again_and_again(
    server: OllamaServer, registry: FaultyRegistry
) -> None:
    registry.rate = 10_000_000
    with between(server.url, where=b"/api/pull", times=3, cut_after=3000) as (url, proxy):
        result = run_module("ollama_model", {"api_url": url, "name": [registry.name(LARGE)], "retries": 3})
    assert not result.failed, result.message
    assert proxy.requests.count("POST /api/pull HTTP/1.1") == 4
    [model] = result.values["models"]
    assert model["bytes"] <= model["size"]


def test_a_line_is_cut_in_the_middle_of_a_character(server: OllamaServer, registry: FaultyRegistry) -> None:
    """No word of a real pull has such a character: the proxy puts one in, and cuts behind its first byte."""
    registry.rate = 1_000_000
    status = (b"pulling manifest", b"pulling mani\xc3\xadst")
    with between(server.url, where=b"/api/pull", replace=status) as (url, proxy):
        assert not run_module("ollama_model", {"api_url": url, "name": ["llama3"], "retries": 0}).failed
        server.empty()
        proxy.cut_behind = b"pulling mani\xc3"
        result = run_module("ollama_model", {"api_url": url, "name": [registry.name("llama3")], "retries": 0})
    assert result.failed
    assert "what was fetched is kept" in result.message
    assert "Traceback" not in result.output


def test_the_server_is_killed_in_the_middle_and_comes_back(server: OllamaServer, registry: FaultyRegistry) -> None:
    registry.rate = 10_000_000

    def kill() -> None:
        registry.wait_until_sent(10_000_000)
        server.docker("kill")
        server.docker("start")

    killer = threading.Thread(target=kill)
    killer.start()
    result = pull(server, registry.name(LARGE), retries=4)
    killer.join()
    assert not result.failed, result.message
    assert len(server.models()) == 1


def test_the_server_is_killed_and_stays_away(server: OllamaServer, registry: FaultyRegistry) -> None:
    registry.rate = 10_000_000

    def kill() -> None:
        registry.wait_until_sent(10_000_000)
        server.docker("kill")

    killer = threading.Thread(target=kill)
    killer.start()
    result = pull(server, registry.name(LARGE), retries=1)
    killer.join()
    server.restart()
    assert result.failed
    assert f"Ollama at {server.url} cannot be reached" in result.message
    assert server.models() == {}
    assert not pull(server, registry.name(LARGE)).failed


def test_a_run_that_is_broken_off_is_taken_up_by_the_next(server: OllamaServer, registry: FaultyRegistry) -> None:
    registry.rate = 10_000_000
    arguments = {"api_url": server.url, "name": [registry.name(LARGE)]}
    run = subprocess.Popen(
        command("ollama_model", arguments), cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, start_new_session=True
    )
    registry.wait_until_sent(20_000_000)
    kill_with_all_children(run.pid)
    run.wait()
    wait_until_quiet(registry)
    assert server.models() == {}

    registry.rate = None
    result = run_module("ollama_model", arguments)
    assert not result.failed, result.message
    size = result.values["models"][0]["size"]
    again = registry.sent - size
    # What was on its way when the server noticed; nothing that it had is fetched a second time.
    assert again < 2_000_000, f"{again} bytes were fetched twice"


def kill_with_all_children(pid: int) -> None:
    """The module runs in a session of its own, which a signal to Ansible's does not reach."""
    family = [pid]
    for parent in family:
        children = subprocess.run(["pgrep", "--parent", str(parent)], capture_output=True, text=True, check=False)
        family += [int(child) for child in children.stdout.split()]
    for member in family:
        os.kill(member, signal.SIGKILL)


def wait_until_quiet(registry: FaultyRegistry) -> None:
    """Return when the server has stopped fetching."""
    before = -1
    while registry.sent != before:
        before = registry.sent
        time.sleep(1)


def test_two_plays_pull_the_same_model_at_the_same_time(server: OllamaServer, registry: FaultyRegistry) -> None:
    registry.rate = 10_000_000
    results: list[Result] = []
    plays = [
        threading.Thread(target=lambda: results.append(pull(server, registry.name(LARGE)))) for _number in range(2)
    ]
    for play in plays:
        play.start()
    for play in plays:
        play.join()
    assert [result.failed for result in results] == [False, False]
    assert registry.sent == results[0].values["models"][0]["size"]


@pytest.fixture
def small_server(services: dict[str, Any]) -> Iterator[OllamaServer]:
    """An Ollama server with room for 8 MB."""
    with fresh_ollama(services, "--tmpfs=/root/.ollama:size=8m") as server:
        yield server


def test_a_full_disk(small_server: OllamaServer, registry: FaultyRegistry) -> None:
    result = pull(small_server, registry.name(LARGE))
    assert result.failed
    assert "the disk of the Ollama server is full: make room" in result.message
    assert small_server.models() == {}


def test_the_console_tells_how_far_it_is(server: OllamaServer, registry: FaultyRegistry) -> None:
    registry.rate = 2_500_000
    arguments = {
        "api_url": server.url,
        "name": [registry.name(LARGE), registry.name("llama3")],
        "registry_ca_path": str(STATE / "ca.pem"),
        "memory_size": 10_000_000,
    }
    done = subprocess.run(
        command("ollama_model", arguments), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    [warning, line] = [line for line in done.stderr.splitlines() if line.startswith("localhost | ")]
    assert f"localhost | Model '{registry.name(LARGE)}:latest' needs at least 46 MB for its weights" in warning
    assert f"localhost | 1 of 2 models done, {registry.name(LARGE)}:latest " in line
    assert " of 46 MB), " in line
    assert " MB/s, " in line
    result = json.loads(done.stdout[done.stdout.index("{\n") :])["plays"][0]["tasks"][0]["hosts"]["localhost"]
    assert "slice" not in result["invocation"]["module_args"]
    assert result["warnings"] == [warning.removeprefix("localhost | ")]
    assert result["changed"]
    [large, small] = result["models"]
    assert (large["action"], small["action"]) == ("pulled", "pulled")
    assert large["seconds"] > 10
    # No slice fetched what another had, but for what was on its way between them.
    assert registry.sent - large["size"] - small["size"] < 500_000


def test_the_console_is_silent_on_request(server: OllamaServer, registry: FaultyRegistry) -> None:
    registry.rate = 4_000_000
    result = pull(server, registry.name(LARGE), progress=False)
    assert result.changed
    assert "localhost | " not in result.output
