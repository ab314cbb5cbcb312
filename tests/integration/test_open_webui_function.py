"""open_webui_function on a real server, whose functions take part in real chats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from declared import Declared, actions
from servers import call

FUNCTIONS = "/api/v1/functions"
PIPE = """from pydantic import BaseModel


class Pipe:
    class Valves(BaseModel):
        secret: str = "none"

    def __init__(self) -> None:
        self.valves = self.Valves()

    def pipe(self, body: dict) -> str:
        return body["messages"][-1]["content"] + " " + self.valves.secret
"""
FILTER = """class Filter:
    def inlet(self, body: dict) -> dict:
        body["messages"][-1]["content"] += " filtered"
        return body
"""
SECRET = "canary-valve-value"
ECHO = {"id": "echo", "content": PIPE, "enabled": True, "valves": {"secret": SECRET}}
MARK = {"id": "mark", "content": FILTER, "enabled": True, "global": True}


@pytest.fixture
def functions(admin: dict[str, str]) -> Declared:
    """The module, on a server without functions."""
    for function in call(admin, "GET", f"{FUNCTIONS}/export"):
        call(admin, "DELETE", f"{FUNCTIONS}/id/{function['id']}/delete")

    def stored() -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in call(admin, "GET", f"{FUNCTIONS}/export?include_valves=true")}

    return Declared("open_webui_function", "functions", admin, stored)


def answer(functions: Declared, model: str) -> str:
    """What a model answers to Hello, without anybody having looked at the list of models before."""
    reply = requests.post(
        f"{functions.admin['api_url']}/api/chat/completions",
        json={"model": model, "messages": [{"role": "user", "content": "Hello"}], "stream": False},
        headers={"Authorization": f"Bearer {functions.admin['api_token']}"},
        timeout=120,
    )
    return str(reply.json()["choices"][0]["message"]["content"]) if reply.ok else reply.text


@pytest.mark.every_version
def test_made_changed_and_removed(functions: Declared) -> None:
    made = functions.prove(ECHO, MARK)
    assert actions(made, "functions") == ["created", "created"]
    assert answer(functions, "echo") == f"Hello filtered {SECRET}"
    assert SECRET not in made.output

    switched = functions.prove({**MARK, "content": FILTER.replace(":", ":\n    toggle = True\n", 1)})
    assert functions.entry(switched)["changed"] == ["content"]
    assert functions.stored()["mark"]["meta"]["toggle"]
    assert answer(functions, "echo") == f"Hello {SECRET}", "who chats switches it on"
    other = functions.prove({**MARK, "global": False})
    assert functions.entry(other)["changed"] == ["content", "global"]
    assert not functions.stored()["mark"]["meta"].get("toggle")
    assert functions.stored()["mark"]["is_active"]
    assert answer(functions, "echo") == f"Hello {SECRET}"

    functions.prove({"id": "echo", "enabled": False})
    assert "Model not found" in answer(functions, "echo")
    gone = functions.prove({"id": "echo", "state": "absent"}, {"id": "mark", "state": "absent"})
    assert actions(gone, "functions") == ["removed", "removed"]
    assert functions.stored() == {}


@pytest.mark.every_version
def test_what_is_changed_by_hand_is_mended_and_what_is_not_named_stays(functions: Declared) -> None:
    functions.do(ECHO, MARK)
    function = functions.stored()["mark"]
    by_hand = {**function, "name": "By hand", "meta": {"description": "By hand", "more": 1}}
    call(functions.admin, "POST", f"{FUNCTIONS}/id/mark/update", by_hand)
    call(functions.admin, "POST", f"{FUNCTIONS}/id/mark/toggle")
    call(functions.admin, "POST", f"{FUNCTIONS}/id/mark/toggle/global")
    call(functions.admin, "POST", f"{FUNCTIONS}/id/echo/valves/update", {"secret": "by hand"})
    mended = functions.prove({"id": "mark", "name": "mark", "enabled": True}, ECHO)
    assert [functions.entry(mended, index)["changed"] for index in (0, 1)] == [["name", "enabled"], ["valves"]]
    after = functions.stored()["mark"]
    assert (after["is_global"], after["content"]) == (False, FILTER)
    assert (after["meta"]["description"], after["meta"]["more"]) == ("By hand", 1)
    assert functions.stored()["echo"]["valves"] == {"secret": SECRET}


def test_exclusive_removes_what_is_not_listed(functions: Declared, tmp_path: Path) -> None:
    functions.do(ECHO, MARK)
    file = tmp_path / "mark.py"
    file.write_bytes(b"\xef\xbb\xbf" + FILTER.replace("\n", "\r\n").encode())
    only = functions.prove({"id": "mark", "name": "a/b \"c\" 'd' 🦙", "src": str(file)}, exclusive=True)
    assert actions(only, "functions") == ["updated", "removed"]
    assert functions.stored()["mark"]["content"] == FILTER.replace("\n", "\r\n")


def test_code_that_does_not_load(functions: Declared, tmp_path: Path) -> None:
    functions.do(MARK)
    file = tmp_path / "mark.py"
    file.write_text("class Something:\n    pass\n")
    result = functions.run({"id": "mark", "src": str(file)})
    assert (
        f"The function 'mark' of {functions.admin['api_url']} was not updated: {file} does not load" in result.message
    )
    assert functions.stored()["mark"]["content"] == FILTER


@pytest.mark.parametrize(
    ("things", "sentence"),
    [
        ([{"id": "1a", "content": "x"}], "The function '1a': an id must hold only letters, digits and _"),
        ([{"id": "a", "enabled": True}], "The function 'a' names neither src nor content, and"),
        ([MARK, {**MARK, "id": "Mark"}], "The list names the function 'mark' twice"),
        ([{**MARK, "access": {}}], "Unsupported parameters"),
    ],
)
def test_what_cannot_be_right_is_refused(functions: Declared, things: list[dict[str, Any]], sentence: str) -> None:
    result = functions.run(*things)
    assert result.failed
    assert sentence in result.message
    assert functions.stored() == {}
