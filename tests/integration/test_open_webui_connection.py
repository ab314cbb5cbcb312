"""open_webui_connection on a real Open WebUI with a real Ollama behind it."""

from __future__ import annotations

from typing import Any

import pytest
from modules import Result, run_module
from servers import call

DEAD = "http://127.0.0.1:1"
CANARY = "canary-connection-key"


@pytest.fixture
def first(admin: dict[str, str], services: dict[str, Any]) -> str:
    """The URL of the one connection that is stored, with a key of its own."""
    url = f"http://{services['ollama_container']}:11434"
    store(admin, [url], {"0": {"key": CANARY}})
    return url


@pytest.fixture
def second(services: dict[str, Any]) -> str:
    """Another URL of the same Ollama, which Open WebUI takes for another server."""
    return f"http://{services['ollama_container']}:11434/."


def store(admin: dict[str, str], urls: list[str], configs: dict[str, Any]) -> None:
    body = {"ENABLE_OLLAMA_API": True, "OLLAMA_BASE_URLS": urls, "OLLAMA_API_CONFIGS": configs}
    call(admin, "POST", "/ollama/config/update", body)


def stored(admin: dict[str, str]) -> list[str]:
    return list(call(admin, "GET", "/ollama/config")["OLLAMA_BASE_URLS"])


def connection(admin: dict[str, str], **arguments: Any) -> Result:
    options = {name: arguments.pop(name) for name in ("check", "verbosity") if name in arguments}
    return run_module("open_webui_connection", {**admin, **arguments}, **options)


@pytest.mark.every_version
def test_add_in_check_mode_then_for_real_then_again(admin: dict[str, str], first: str, second: str) -> None:
    promised = connection(admin, url=[second], check=True)
    assert promised.changed
    assert stored(admin) == [first]
    done = connection(admin, url=[second])
    assert stored(admin) == [first, second]
    assert promised.diff == done.diff
    assert promised.values["connections"] == done.values["connections"]
    assert [item["url"] for item in done.diff["after"]["connections"]] == [first, second]
    assert not connection(admin, url=[second]).changed
    assert not connection(admin, url=[first, second], exclusive=True, check=True).changed


def test_options_of_a_connection_survive_a_change_of_others(admin: dict[str, str], first: str, second: str) -> None:
    connection(admin, url=[second, first], exclusive=True)
    config = call(admin, "GET", "/ollama/config")
    assert config["OLLAMA_BASE_URLS"] == [second, first]
    assert config["OLLAMA_API_CONFIGS"]["1"]["key"] == CANARY


def test_exclusive_replaces_a_url_that_moved(admin: dict[str, str], first: str) -> None:
    store(admin, [DEAD], {})
    assert connection(admin, url=[first], exclusive=True).changed
    assert stored(admin) == [first]


def test_one_comes_and_one_goes(admin: dict[str, str], first: str, second: str) -> None:
    mixed = [{"url": second}, {"url": first + "/", "state": "absent"}]
    assert connection(admin, connections=mixed).changed
    assert stored(admin) == [second]
    assert not connection(admin, connections=mixed).changed


def test_a_url_where_no_ollama_is_is_not_stored(admin: dict[str, str], first: str) -> None:
    result = connection(admin, url=[first, DEAD])
    assert result.failed
    assert f"finds no Ollama at {DEAD}" in result.message
    assert stored(admin) == [first]


def test_options_of_a_connection(admin: dict[str, str], first: str) -> None:
    wanted = {"url": first, "prefix_id": "home", "model_ids": ["llama3:latest"], "tags": ["b", "a"]}
    done = connection(admin, connections=[wanted])
    assert done.changed
    assert not connection(admin, connections=[wanted], check=True).changed
    config = call(admin, "GET", "/ollama/config")["OLLAMA_API_CONFIGS"]["0"]
    assert (config["prefix_id"], config["model_ids"], config["key"]) == ("home", ["llama3:latest"], CANARY)
    assert "home.llama3:latest" in [model["id"] for model in call(admin, "GET", "/api/models")["data"]]
    off = connection(admin, connections=[{"url": first, "enabled": False}])
    assert off.diff["before"]["connections"][0]["enabled"]
    assert not off.diff["after"]["connections"][0]["enabled"]
    assert off.values["connections"][0]["tags"] == ["a", "b"]


@pytest.mark.every_version
def test_a_server_of_the_openai_kind(admin: dict[str, str], first: str) -> None:
    """Ollama has an API like OpenAI's too."""
    url = f"{first}/v1"
    wanted: dict[str, Any] = {"type": "openai", "connections": [{"url": url, "key": CANARY}], "exclusive": True}
    assert connection(admin, **wanted, check=True).changed
    done = connection(admin, **wanted)
    assert done.changed, done.message
    for check in (True, False):
        assert not connection(admin, **wanted, check=check).changed
    config = call(admin, "GET", "/openai/config")
    assert (config["OPENAI_API_BASE_URLS"], config["OPENAI_API_KEYS"]) == ([url], [CANARY])
    assert stored(admin) == [first], "the other type is left alone"

    other = connection(admin, type="openai", connections=[{"url": url, "key": f"{CANARY}-other"}], verbosity=3)
    assert other.diff["after"]["connections"][0]["key"] == "set to something else"
    assert CANARY not in other.output
    dead = connection(admin, type="openai", connections=[{"url": DEAD, "key": CANARY}])
    assert f"finds no server of the OpenAI kind at {DEAD}" in dead.message
    assert connection(admin, type="openai", connections=[], exclusive=True).changed
    assert call(admin, "GET", "/openai/config")["OPENAI_API_BASE_URLS"] == []


def test_connections_that_were_turned_off_are_turned_on(admin: dict[str, str], first: str) -> None:
    call(
        admin,
        "POST",
        "/ollama/config/update",
        {"ENABLE_OLLAMA_API": False, "OLLAMA_BASE_URLS": [first], "OLLAMA_API_CONFIGS": {}},
    )
    assert connection(admin, url=[first]).changed
    assert call(admin, "GET", "/ollama/config")["ENABLE_OLLAMA_API"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"api_token": "canary-wrong-token"}, "does not accept the API key or session token"),
        ({"api_token": None}, "Give api_token, or api_email and api_password"),
        ({"api_token": None, "api_email": "admin@example.com", "api_password": "canary-wrong"}, "does not let"),
        ({"api_url": "http://127.0.0.1:1"}, "cannot be reached"),
    ],
)
def test_who_is_not_let_in_is_told_so(admin: dict[str, str], wrong: dict[str, Any], sentence: str) -> None:
    arguments = {name: value for name, value in {**admin, **wrong}.items() if value is not None}
    result = run_module("open_webui_connection", {**arguments, "url": ["http://127.0.0.1:11434"]}, verbosity=3)
    assert result.failed
    assert sentence in result.message
    assert "canary-wrong" not in result.output


def test_an_ollama_is_no_open_webui(services: dict[str, Any]) -> None:
    result = run_module(
        "open_webui_connection", {"api_url": services["ollama_url"], "api_token": "x", "url": ["http://127.0.0.1:1"]}
    )
    assert result.failed
    assert "Open WebUI" in result.message


@pytest.mark.usefixtures("first")
def test_keys_are_nowhere_in_the_output(admin: dict[str, str], second: str) -> None:
    result = connection(admin, url=[second], verbosity=3)
    assert result.changed
    assert CANARY not in result.output
    assert admin["api_token"] not in result.output
