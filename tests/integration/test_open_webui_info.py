"""open_webui_info on a real server: what it tells is what the other modules take, and nothing that is secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from modules import Result, run_module
from servers import call
from versions import OPEN_WEBUI_VERSION

TOOL = '''class Tools:
    def clock(self) -> str:
        """
        Tell the time.
        """
        return "noon"
'''
FUNCTION = """from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        secret: str = "none"

    def __init__(self) -> None:
        self.valves = self.Valves()

    def inlet(self, body: dict) -> dict:
        return body
"""
ACCESS = {"public": False, "read_groups": ["Office"], "read_users": [], "write_groups": [], "write_users": []}
SHARED = {**ACCESS, "write_users": ["ada@example.com"]}
DECLARED: dict[str, list[dict[str, Any]]] = {
    "users": [{"email": "ada@example.com", "name": "Ada", "role": "user", "password": "canary-password"}],
    "groups": [{"name": "Office", "members": ["ada@example.com"], "permissions": {"workspace": {"prompts": True}}}],
    "tools": [{"id": "clock", "name": "Clock", "content": TOOL, "access": ACCESS}],
    "functions": [{"id": "quiet", "content": FUNCTION, "enabled": True, "valves": {"secret": "canary-valve"}}],
    "knowledge": [{"name": "Handbook", "description": "How we work", "access": SHARED}],
    "models": [
        {
            "id": "pirate",
            "base_model": "llama3:latest",
            "system": "Be one.",
            "knowledge": ["Handbook"],
            "access": ACCESS,
        }
    ],
    "prompts": [{"command": "answer", "content": "{{CLIPBOARD}} 🦙", "tags": ["b", "a"], "access": SHARED}],
}
MODULES = {"users": "user", "groups": "group", "prompts": "prompt", "models": "model"}
MODULES |= {"tools": "tool", "functions": "function", "knowledge": "knowledge"}


def keep(admin: dict[str, str], kind: str, things: list[dict[str, Any]], **arguments: Any) -> Result:
    """Declare things of a kind, and fail with the module."""
    result = run_module(f"open_webui_{MODULES[kind]}", {**admin, kind: things, **arguments})
    assert not result.failed, result.message
    return result


@pytest.fixture(scope="module")
def told(admin: dict[str, str]) -> Iterator[Result]:
    """What the module tells of a server that has something of every kind, and nothing that other tests left."""
    for kind in DECLARED:
        keep(admin, kind, [], exclusive=True)
    for kind, things in DECLARED.items():
        keep(admin, kind, things)
    before = call(admin, "GET", "/openai/config")
    connection = {"url": "http://127.0.0.1:9/v1", "key": "canary-connection", "enabled": False, "tags": ["x"]}
    connections = {"type": "openai", "connections": [connection], "exclusive": True}
    assert not run_module("open_webui_connection", {**admin, **connections}).failed
    store_secret(admin, "canary-setting")
    yield run_module("open_webui_info", admin)
    store_secret(admin, "")
    call(admin, "POST", "/openai/config/update", before)
    for kind in DECLARED:
        keep(admin, kind, [], exclusive=True)


def store_secret(admin: dict[str, str], value: str) -> None:
    result = run_module("open_webui_settings", {**admin, "secret_settings": {"RAG_OPENAI_API_KEY": value}})
    assert not result.failed, result.message


@pytest.mark.every_version
def test_it_tells_what_was_declared(told: Result) -> None:
    assert not told.changed
    for kind, things in DECLARED.items():
        for thing in things:
            known = {name: value for name, value in thing.items() if name not in ("password", "valves", "tags")}
            assert [one for one in told.values[kind] if one | known == one], (kind, told.values[kind])
    assert told.values["version"] in (OPEN_WEBUI_VERSION, "0.10.2")
    assert told.values["settings"]["ENABLE_SIGNUP"] is False
    (connection,) = told.values["connections"]["openai"]
    assert (connection["url"], connection["enabled"], connection["tags"]) == ("http://127.0.0.1:9/v1", False, ["x"])


def test_it_tells_no_secret(told: Result) -> None:
    assert "canary" not in told.output
    assert "RAG_OPENAI_API_KEY" not in told.values["settings"]
    assert [name for user in told.values["users"] for name in user if name not in ("email", "name", "role")] == []


@pytest.mark.every_version
@pytest.mark.parametrize("kind", list(MODULES))
def test_what_it_tells_is_what_a_module_takes(admin: dict[str, str], told: Result, kind: str) -> None:
    again = keep(admin, kind, told.values[kind])
    assert not again.changed, again.diff


@pytest.mark.every_version
def test_the_settings_that_it_tells_are_what_their_module_takes(admin: dict[str, str], told: Result) -> None:
    again = run_module("open_webui_settings", {**admin, "settings": told.values["settings"]})
    assert not again.failed, again.message
    assert not again.changed, again.diff


@pytest.mark.parametrize("kind", ["ollama", "openai"])
def test_the_connections_that_it_tells_are_what_their_module_takes(
    admin: dict[str, str], told: Result, kind: str
) -> None:
    connections = {"type": kind, "connections": told.values["connections"][kind], "exclusive": True}
    again = run_module("open_webui_connection", {**admin, **connections})
    assert not again.failed, again.message
    assert not again.changed, again.diff


def test_it_tells_only_what_somebody_asked_for(admin: dict[str, str]) -> None:
    asked = run_module("open_webui_info", {**admin, "gather": ["users", "tools"]}, check=True)
    assert set(asked.values) & {*MODULES, "settings", "connections"} == {"users", "tools"}
    assert "version" in run_module("open_webui_info", {**admin, "gather": []}).values
    assert "value of gather must be one or more of" in run_module("open_webui_info", {**admin, "gather": ["x"]}).message
