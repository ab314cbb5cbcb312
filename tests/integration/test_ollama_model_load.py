"""ollama_model_load on a real Ollama, which runs on the CPU here."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from modules import Result, run_module
from servers import OllamaServer


def load(server: OllamaServer, *names: str, check: bool = False, **arguments: Any) -> Result:
    return run_module("ollama_model_load", {"api_url": server.url, "name": names, **arguments}, check=check)


def loaded(server: OllamaServer) -> dict[str, str]:
    """The models in memory, and when they go."""
    models = requests.get(f"{server.url}/api/ps", timeout=30).json()["models"]
    return {model["name"]: model["expires_at"] for model in models}


def actions(result: Result) -> list[str]:
    assert not result.failed, result.message
    return [model["action"] for model in result.values["models"]]


@pytest.fixture
def stocked(ollama_server: OllamaServer) -> OllamaServer:
    """A server with models, none of them in memory."""
    ollama_server.stock("llama3", "mistral", "all-minilm")
    return ollama_server


def test_loaded_in_check_mode_then_for_real_then_no_more(stocked: OllamaServer) -> None:
    promised = load(stocked, "llama3", check=True)
    assert loaded(stocked) == {}
    done = load(stocked, "llama3")
    assert promised.changed
    assert done.changed
    assert promised.diff == done.diff
    assert actions(promised) == actions(done) == ["loaded"]
    assert done.values["models"][0]["running"]["name"] == "llama3:latest"
    assert set(loaded(stocked)) == {"llama3:latest"}
    for check in (True, False):
        assert not load(stocked, "llama3", check=check).changed

    gone = load(stocked, "llama3", state="unloaded", check=True)
    assert set(loaded(stocked)) == {"llama3:latest"}
    unloaded = load(stocked, "llama3", state="unloaded")
    assert actions(gone) == actions(unloaded) == ["unloaded"]
    assert gone.diff == unloaded.diff
    assert loaded(stocked) == {}
    assert not load(stocked, "llama3", state="unloaded").changed


def test_a_model_that_only_makes_embeddings(stocked: OllamaServer) -> None:
    assert actions(load(stocked, "all-minilm")) == ["loaded"]
    assert set(loaded(stocked)) == {"all-minilm:latest"}
    assert not load(stocked, "all-minilm").changed
    assert actions(load(stocked, "all-minilm", state="unloaded")) == ["unloaded"]


def test_for_ever_and_no_longer(stocked: OllamaServer) -> None:
    load(stocked, "llama3", keep_alive="10m")
    assert not load(stocked, "llama3", keep_alive="600").changed
    for_ever = load(stocked, "llama3", keep_alive="-1")
    assert actions(for_ever) == ["kept"]
    assert for_ever.diff["after"] == {"llama3:latest": "loaded, for ever"}
    assert loaded(stocked)["llama3:latest"] > "2200"
    assert not load(stocked, "llama3", keep_alive="-1").changed
    assert not load(stocked, "llama3").changed, "who does not say how long is content"
    assert actions(load(stocked, "llama3", keep_alive="1h")) == ["kept"]
    assert loaded(stocked)["llama3:latest"] < "2200"


def test_models_that_share_their_weights_share_their_place(stocked: OllamaServer) -> None:
    requests.post(f"{stocked.url}/api/copy", json={"source": "llama3", "destination": "twin"}, timeout=30)
    load(stocked, "llama3")
    result = load(stocked, "twin")
    assert not result.changed
    assert actions(result) == ["none"]
    assert set(loaded(stocked)) == {"llama3:latest"}


def test_who_needs_a_gpu_is_told_that_there_is_none(stocked: OllamaServer) -> None:
    result = load(stocked, "llama3", require_gpu=True)
    assert result.failed
    assert "Model 'llama3:latest' runs on the CPU" in result.message
    assert loaded(stocked) == {}
    load(stocked, "llama3")
    assert load(stocked, "llama3", require_gpu=True).failed
    assert set(loaded(stocked)) == {"llama3:latest"}, "it was loaded before"


def test_in_check_mode_a_model_that_is_missing_is_warned_of(stocked: OllamaServer) -> None:
    result = load(stocked, "no-such-model", check=True)
    assert not result.failed
    assert "Model 'no-such-model:latest' is not installed" in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": ["no-such-model"]}, "Model 'no-such-model:latest' is not installed on"),
        ({"name": ["llama3"], "keep_alive": "soon"}, "keep_alive is 'soon'"),
        ({"name": ["llama3"], "keep_alive": "0"}, "keep_alive is 0, which unloads"),
        ({"name": ["bad name"]}, "Model name 'bad name'"),
        ({"name": ["llama3"], "load_timeout": 0}, "load_timeout is 0"),
        ({"models": [{"name": "llama3"}], "state": "unloaded"}, "mutually exclusive: models|state"),
        ({}, "one of the following is required"),
    ],
)
def test_what_cannot_be_right_is_refused(stocked: OllamaServer, arguments: dict[str, Any], sentence: str) -> None:
    result = run_module("ollama_model_load", {"api_url": stocked.url, **arguments})
    assert result.failed
    assert sentence in result.message
    assert loaded(stocked) == {}
