"""ollama_model on a real Ollama that pulls from a real registry."""

from __future__ import annotations

import venv
from pathlib import Path
from typing import Any

import pytest
import requests
from fault_proxy import between
from modules import Result, run_module

LLAMA = "llama3:latest"


def models(*names: str, absent: tuple[str, ...] = ()) -> list[dict[str, str]]:
    return [{"name": name} for name in names] + [{"name": name, "state": "absent"} for name in absent]


def ollama_model(url: str, **arguments: Any) -> Result:
    options = {name: arguments.pop(name) for name in ("check", "python") if name in arguments}
    return run_module("ollama_model", {"api_url": url, **arguments}, **options)


def installed(url: str) -> set[str]:
    return {model["name"] for model in requests.get(f"{url}/api/tags", timeout=30).json()["models"]}


def actions(result: Result) -> dict[str, str]:
    return {model["name"]: model["action"] for model in result.values["models"]}


def test_install_in_check_mode_then_for_real_then_again(ollama: str) -> None:
    wanted = models("llama3", "dolphin-llama3:8b-256k")

    promised = ollama_model(ollama, models=wanted, check=True)
    assert promised.changed
    assert installed(ollama) == set()
    assert promised.diff["before"] == {}
    assert set(promised.diff["after"]) == {LLAMA, "dolphin-llama3:8b-256k"}

    first = ollama_model(ollama, models=wanted)
    assert first.changed
    assert actions(first) == {LLAMA: "pulled", "dolphin-llama3:8b-256k": "pulled"}
    assert installed(ollama) == {LLAMA, "dolphin-llama3:8b-256k"}
    assert all(len(model["digest"]) == 64 and model["size"] > 0 for model in first.values["models"])

    for check in (True, False):
        again = ollama_model(ollama, models=wanted, check=check)
        assert not again.changed
        assert again.diff["before"] == again.diff["after"]


def test_another_spelling_is_the_same_model(ollama: str) -> None:
    assert ollama_model(ollama, name=["llama3"]).changed
    for spelling in ("LLaMA3:latest", "library/llama3", "https://registry.ollama.ai/library/llama3:latest"):
        assert not ollama_model(ollama, name=[spelling]).changed, spelling


def test_present_and_absent_in_one_list(ollama: str) -> None:
    ollama_model(ollama, name=["mistral"])
    mixed = models("llama3", absent=("library/mistral:latest", "never-was-there"))
    promised = ollama_model(ollama, models=mixed, check=True)
    assert installed(ollama) == {"mistral:latest"}
    done = ollama_model(ollama, models=mixed)
    assert installed(ollama) == {LLAMA}
    expected = {LLAMA: "pulled", "mistral:latest": "removed", "never-was-there:latest": "none"}
    assert actions(promised) == actions(done) == expected
    assert not ollama_model(ollama, models=mixed).changed


def test_nothing_to_do_costs_one_request(ollama: str) -> None:
    wanted = models("llama3", "mistral", "dolphin-llama3:8b-256k", absent=("phi",))
    ollama_model(ollama, models=wanted)
    with between(ollama) as (url, proxy):
        assert not ollama_model(url, models=wanted).changed
    assert proxy.requests == ["GET /api/tags HTTP/1.1"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no-such-model", "Model 'no-such-model:latest' was not pulled: the registry registry.ollama.ai has no such"),
        ("llama3:no-such-tag", "check the spelling"),
        ("127.0.0.1:1/library/llama3", "the registry 127.0.0.1:1 refuses connections"),
        ("no-such-host.invalid/library/llama3", "cannot be resolved"),
        ("{ollama}/library/llama3", "speaks plain HTTP where HTTPS is expected"),
        ("bad name", "Model name 'bad name'"),
        ("llama3@sha256:0000", "no digests in names"),
    ],
)
def test_a_model_that_cannot_be_had_ends_in_one_sentence(ollama: str, name: str, sentence: str) -> None:
    result = ollama_model(ollama, name=[name.format(ollama=ollama.removeprefix("http://"))])
    assert result.failed
    assert not result.changed
    assert sentence in result.message
    assert "\n" not in result.message
    assert installed(ollama) == set()


def test_one_model_twice_is_refused_before_anything_is_done(ollama: str) -> None:
    result = ollama_model(ollama, models=models("llama3", absent=("library/llama3",)))
    assert result.failed
    assert "names one model twice" in result.message
    assert installed(ollama) == set()


def test_a_model_that_cannot_be_had_keeps_no_other_from_coming_and_deletes_nothing(ollama: str) -> None:
    ollama_model(ollama, name=["mistral"])
    result = ollama_model(ollama, models=models("no-such-model", "llama3", absent=("mistral",)))
    assert result.failed
    assert result.changed
    assert actions(result) == {"no-such-model:latest": "failed", LLAMA: "pulled", "mistral:latest": "none"}
    assert installed(ollama) == {LLAMA, "mistral:latest"}


def test_nobody_there() -> None:
    result = ollama_model("http://127.0.0.1:1", name=["llama3"])
    assert result.failed
    assert result.message.startswith("Ollama at http://127.0.0.1:1 cannot be reached")
    assert "is it running, and is api_url right?" in result.message


def test_something_else_there(admin: dict[str, str]) -> None:
    result = ollama_model(admin["api_url"], name=["llama3"])
    assert result.failed
    assert "Ollama" in result.message
    assert "Traceback" not in result.output


def test_an_error_page_of_a_proxy(ollama: str) -> None:
    page = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 22\r\n\r\n<html>502 Bad Gateway\n"
    with between(ollama, answer=page) as (url, _proxy):
        result = ollama_model(url, name=["llama3"])
    assert result.failed
    assert "answered GET /api/tags with 502: <html>502 Bad Gateway" in result.message


def test_a_server_that_is_silent(ollama: str) -> None:
    with between(ollama, stall_after=0) as (url, _proxy):
        result = ollama_model(url, name=["llama3"], timeout=2)
    assert result.failed
    assert "was silent for 2 seconds" in result.message


def test_a_machine_without_requests_is_told_so(ollama: str, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    result = ollama_model(ollama, name=["llama3"], python=str(tmp_path / "bare" / "bin" / "python"))
    assert result.failed
    assert "(requests)" in result.message


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "one of the following is required: models, name"),
        ({"name": ["a"], "models": models("a")}, "mutually exclusive"),
        ({"models": [{"name": "a", "sate": "absent"}]}, "sate"),
        ({"models": [{"state": "absent"}]}, "missing required arguments: name"),
        ({"name": ["a"], "state": "gone"}, "value of state must be one of"),
        ({"name": ["a"], "memory_size": 0}, "memory_size is 0: it must be 1 or more"),
        ({"name": ["a"], "gpu_memory_size": -1}, "gpu_memory_size is -1: it must be 0 or more"),
    ],
)
def test_wrong_options_are_refused(ollama: str, arguments: dict[str, Any], sentence: str) -> None:
    result = ollama_model(ollama, **arguments)
    assert result.failed
    assert sentence in result.message


def test_the_key_is_nowhere_in_the_output(ollama: str) -> None:
    arguments = {"api_url": ollama, "api_key": "canary-ollama-key", "name": ["llama3"]}
    result = run_module("ollama_model", arguments, verbosity=3)
    assert result.changed
    assert "canary-ollama-key" not in result.output
