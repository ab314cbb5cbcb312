"""What ollama_model asks a registry for: what is latest, what a digest stands for, how many bytes would come."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from fault_proxy import between
from faulty_registry import Fault, FaultyRegistry
from modules import Result, run_module
from servers import STATE, OllamaServer

OTHER_DIGEST = "0" * 64


def ollama_model(server: OllamaServer, **arguments: Any) -> Result:
    options = {name: arguments.pop(name) for name in ("check", "python") if name in arguments}
    arguments = {"api_url": server.url, "registry_ca_path": str(STATE / "ca.pem"), **arguments}
    return run_module("ollama_model", arguments, **options)


def entry(result: Result) -> dict[str, Any]:
    """The result's entry of the only model."""
    [model] = result.values["models"]
    return dict(model)


def test_latest_pulls_only_what_moved(server: OllamaServer, registry: FaultyRegistry) -> None:
    name = registry.name("llama3")
    # Or all of it comes before the server tells how far it is.
    registry.rate = 2_000_000
    first = entry(ollama_model(server, name=[name], state="latest"))
    assert (first["action"], first["digest_before"]) == ("pulled", None)
    assert 0 < first["bytes"] <= first["size"]

    registry.requests.clear()
    again = ollama_model(server, name=[name], state="latest")
    assert not again.changed
    assert registry.requests == ["GET /v2/library/llama3/manifests/latest"]

    registry.moved = {"llama3": "mistral"}
    assert not ollama_model(server, name=[name]).changed, "present is content with what is there"
    promised = ollama_model(server, name=[name], state="latest", check=True)
    moved = ollama_model(server, name=[name], state="latest")
    assert promised.diff == moved.diff
    assert promised.changed
    assert moved.changed
    assert (entry(moved)["action"], entry(moved)["digest_before"]) == ("updated", first["digest"])
    figures = {"bytes": 0, "seconds": 0.0}
    assert {**entry(promised), **figures} == {**entry(moved), **figures}
    assert not ollama_model(server, name=[name], state="latest").changed


def test_latest_leaves_an_unchanged_model_untouched(server: OllamaServer, registry: FaultyRegistry) -> None:
    def touched() -> str:
        return str(requests.get(f"{server.url}/api/tags", timeout=30).json()["models"][0]["modified_at"])

    ollama_model(server, name=[registry.name("llama3")])
    before = touched()
    ollama_model(server, name=[registry.name("llama3")], state="latest")
    assert touched() == before


def test_check_mode_tells_how_many_bytes_would_come(server: OllamaServer, registry: FaultyRegistry) -> None:
    names = [registry.name("llama3"), registry.name("mistral"), "127.0.0.1:1/library/unknown"]
    promised = ollama_model(server, name=names, check=True)
    *known, unknown = [model["bytes"] for model in promised.values["models"]]
    assert unknown is None
    assert "Nobody tells how big '127.0.0.1:1/library/unknown:latest' is" in promised.output
    assert registry.sent == 0
    ollama_model(server, name=names[:2])
    assert registry.sent == sum(known)


def test_a_token_for_everybody_is_fetched_where_a_registry_wants_one(
    server: OllamaServer, registry: FaultyRegistry
) -> None:
    ollama_model(server, name=[registry.name("llama3")])
    registry.token = "canary-token"
    registry.requests.clear()
    assert not ollama_model(server, name=[registry.name("llama3")], state="latest").changed
    assert registry.requests == [
        "GET /v2/library/llama3/manifests/latest",
        "GET /token?service=test&scope=pull",
        "GET /v2/library/llama3/manifests/latest",
    ]


def test_of_a_private_model_only_the_pull_can_tell(server: OllamaServer, registry: FaultyRegistry) -> None:
    name = registry.name("llama3")
    ollama_model(server, name=[name])
    # To the module, not to the server: a private registry knows the server's own key.
    registry.faults = [Fault("manifests", times=1, status=401, body=b"{}")]
    promised = ollama_model(server, name=[name], state="latest", check=True)
    assert not promised.changed
    assert entry(promised)["action"] == "unknown"
    registry.faults = [Fault("manifests", times=1, status=401, body=b"{}")]
    assert not ollama_model(server, name=[name], state="latest").changed
    registry.faults, registry.moved = [Fault("manifests", times=1, status=401, body=b"{}")], {"llama3": "mistral"}
    assert entry(ollama_model(server, name=[name], state="latest"))["action"] == "updated"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("manifests", status=500), "answered 500"),
        (Fault("manifests", status=404), "has no"),
        (Fault("manifests", status=200, body=b"<html>"), "does not answer as a registry does"),
        (Fault("manifests", status=200, body=b"{}"), "does not answer as a registry does"),
    ],
)
def test_a_registry_that_does_not_tell_ends_the_task_or_keeps_what_is_there(
    server: OllamaServer, registry: FaultyRegistry, fault: Fault, reason: str
) -> None:
    name = registry.name("llama3")
    ollama_model(server, name=[name])
    before = server.models()
    registry.faults = [fault]
    failed = ollama_model(server, name=[name], state="latest")
    assert failed.failed
    assert reason in failed.message
    assert "set on_registry_error to keep" in failed.message
    kept = ollama_model(server, name=[name], state="latest", on_registry_error="keep")
    assert (kept.failed, kept.changed) == (False, False)
    assert f"Model '{name}:latest' stays as it is" in kept.output
    assert server.models() == before


def test_a_registry_that_is_not_there_any_more(server: OllamaServer, registry: FaultyRegistry) -> None:
    name = registry.name("llama3")
    ollama_model(server, name=[name])
    registry.close()
    failed = ollama_model(server, name=[name], state="latest")
    assert failed.failed
    assert "refused" in failed.message
    assert not ollama_model(server, name=[name], state="latest", on_registry_error="keep").failed
    assert not ollama_model(server, name=[name]).failed, "present asks no registry"


def test_an_authority_that_nobody_trusts_is_named(server: OllamaServer, registry: FaultyRegistry) -> None:
    ollama_model(server, name=[registry.name("llama3")])
    arguments = {"api_url": server.url, "name": [registry.name("llama3")], "state": "latest"}
    failed = run_module("ollama_model", arguments)
    assert failed.failed
    assert "registry_ca_path" in failed.message


def test_a_host_that_is_no_name_is_a_sentence(server: OllamaServer) -> None:
    result = ollama_model(server, name=["a..b/library/llama3"], check=True)
    assert not result.failed
    assert "Nobody tells how big 'a..b/library/llama3:latest' is" in result.output


def test_a_pinned_digest(server: OllamaServer, registry: FaultyRegistry) -> None:
    name = registry.name("llama3")
    offered = entry(ollama_model(server, name=[name], check=True))["digest"]
    wrong = {"name": name, "digest": OTHER_DIGEST}
    both = [{"name": registry.name("mistral")}, wrong]

    refused = ollama_model(server, models=both)
    assert refused.failed
    assert f"pinned to sha256:{OTHER_DIGEST}" in refused.message
    assert f"offers sha256:{offered}" in refused.message
    assert server.models() == {}

    right = {"name": name, "digest": f"sha256:{offered}"}
    assert ollama_model(server, models=[right], check=True).changed
    assert entry(ollama_model(server, models=[right]))["digest"] == offered
    registry.requests.clear()
    registry.moved = {"llama3": "mistral"}
    assert not ollama_model(server, models=[right]).changed
    assert registry.requests == [], "what is there as pinned needs no registry"

    refused = ollama_model(server, models=[wrong])
    assert f"the server has sha256:{offered}" in refused.message
    registry.faults = [Fault("manifests", status=500)]
    refused = ollama_model(server, models=[wrong])
    assert "answered 500" in refused.message
    assert set(server.models().values()) == {offered}


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ({"name": "llama3", "digest": "365c0bd3c000"}, "must be 64 hexadecimal digits"),
        ({"name": "llama3", "digest": OTHER_DIGEST, "state": "latest"}, "a digest goes with present"),
        ({"name": "llama3", "digest": OTHER_DIGEST, "state": "absent"}, "a digest goes with present"),
    ],
)
def test_a_digest_that_cannot_be_right(server: OllamaServer, model: dict[str, str], sentence: str) -> None:
    result = ollama_model(server, models=[model])
    assert result.failed
    assert sentence in result.message


def test_exclusive_removes_what_is_not_listed_after_the_pulls(server: OllamaServer) -> None:
    ollama_model(server, name=["mistral", "dolphin-llama3:8b-256k"])
    wanted = {"name": ["llama3", "mistral"], "exclusive": True}
    promised = ollama_model(server, **wanted, check=True)
    done = ollama_model(server, **wanted)
    actions = {model["name"]: model["action"] for model in done.values["models"]}
    assert actions == {"llama3:latest": "pulled", "mistral:latest": "none", "dolphin-llama3:8b-256k": "removed"}
    assert {model["name"]: model["action"] for model in promised.values["models"]} == actions
    assert set(server.models()) == {"llama3:latest", "mistral:latest"}
    assert not ollama_model(server, **wanted).changed

    assert not ollama_model(server, name=["llama3"], exclusive=True, keep=["mistral"]).changed
    failed = ollama_model(server, name=["llama3", "no-such-model"], exclusive=True)
    assert failed.failed
    assert set(server.models()) == {"llama3:latest", "mistral:latest"}


def test_an_empty_list_does_not_remove_everything(server: OllamaServer) -> None:
    ollama_model(server, name=["llama3"])
    result = ollama_model(server, models=[], exclusive=True)
    assert "would remove every model" in result.message
    assert set(server.models()) == {"llama3:latest"}


def test_two_hundred_models_that_are_there_cost_one_request_as_one_does(server: OllamaServer) -> None:
    ollama_model(server, name=["llama3"])
    names = [f"copy{number}" for number in range(200)]
    with requests.Session() as session:
        for name in names:
            body = {"source": "llama3", "destination": name}
            session.post(f"{server.url}/api/copy", json=body, timeout=30).raise_for_status()
    for wanted in (["llama3"], ["llama3", *names]):
        with between(server.url) as (url, proxy):
            assert not run_module("ollama_model", {"api_url": url, "name": wanted}).changed
        assert proxy.requests == ["GET /api/tags HTTP/1.1"]


def test_a_disk_without_room_is_refused_before_the_first_byte(server: OllamaServer, registry: FaultyRegistry) -> None:
    # A file system that never has any room.
    result = ollama_model(server, name=[registry.name("llama3")], storage_path="/proc")
    assert result.failed
    assert "/proc has 0 MB free" in result.message
    assert [request for request in registry.requests if "blobs" in request] == []
    assert not ollama_model(server, name=[registry.name("llama3")], storage_path="/").failed


@pytest.fixture
def small_disk(tmp_path: Path) -> tuple[str, str]:
    """A folder, and a Python for which it is a disk of 47 MB."""
    folder, python = tmp_path / "disk", tmp_path / "python"
    folder.mkdir()
    mount = f"mount -t tmpfs -o size=47000000 tmpfs {folder}"
    python.write_text(
        f"""#!/bin/sh\nexec unshare --map-root-user --mount sh -c '{mount} && exec {sys.executable} "$@"' sh "$@"\n"""
    )
    python.chmod(0o755)
    return str(folder), str(python)


def test_models_that_fit_one_by_one_and_not_together_are_refused_before_the_first_byte(
    server: OllamaServer, registry: FaultyRegistry, small_disk: tuple[str, str]
) -> None:
    folder, python = small_disk
    large, small = registry.name("all-minilm"), registry.name("llama3")
    for name in (large, small):
        assert not ollama_model(server, name=[name], storage_path=folder, python=python, check=True).failed
    for check in (True, False):
        refused = ollama_model(server, name=[large, small], storage_path=folder, python=python, check=check)
        assert refused.message == (
            f"The models need 48 MB more ({large}:latest 46 MB, {small}:latest 2 MB), and {folder} has 47 MB free:"
            " make room for 1 MB there, or take models off the list. Nothing was pulled."
        )
    assert [request for request in registry.requests if "blobs" in request] == []


def test_a_storage_path_that_is_none_is_refused(server: OllamaServer) -> None:
    result = ollama_model(server, name=["llama3"], storage_path="/no/such/folder")
    assert result.failed
    assert "storage_path is /no/such/folder" in result.message
