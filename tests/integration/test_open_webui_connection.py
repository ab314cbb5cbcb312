"""open_webui_connection on a real Open WebUI with a real Ollama behind it."""

from __future__ import annotations

from typing import Any

import pytest
from modules import Result, run_module
from servers import call

DEAD = "http://127.0.0.1:1"


@pytest.fixture
def first(admin: dict[str, str], services: dict[str, Any]) -> str:
    """The URL of the one connection that is stored, with a key of its own."""
    url = f"http://{services['ollama_container']}:11434"
    store(admin, [url], {"0": {"key": "canary-connection-key"}})
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


def test_add_in_check_mode_then_for_real_then_again(admin: dict[str, str], first: str, second: str) -> None:
    promised = connection(admin, url=[second], check=True)
    assert promised.changed
    assert stored(admin) == [first]
    done = connection(admin, url=[second])
    assert stored(admin) == [first, second]
    assert promised.diff["after"] == done.diff["after"] == {"enabled": True, "urls": [first, second]}
    assert not connection(admin, url=[second]).changed
    assert not connection(admin, url=[first, second], exclusive=True, check=True).changed


def test_options_of_a_connection_survive_a_change_of_others(admin: dict[str, str], first: str, second: str) -> None:
    connection(admin, url=[second, first], exclusive=True)
    config = call(admin, "GET", "/ollama/config")
    assert config["OLLAMA_BASE_URLS"] == [second, first]
    assert config["OLLAMA_API_CONFIGS"]["1"]["key"] == "canary-connection-key"


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
        ({"api_token": "canary-wrong-token"}, "401"),
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
    assert "canary-connection-key" not in result.output
    assert admin["api_token"] not in result.output
