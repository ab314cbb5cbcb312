"""open_webui_tool on a real server, with files on the controller and on the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from declared import Declared, actions
from servers import call

TOOLS = "/api/v1/tools"
CODE = '''"""
title: Weather
version: 1.0
"""
from utils.misc import get_last_user_message  # an import of old


class Tools:
    class Valves(BaseModel):
        api_key: str = ""
        days: int = 3
        town: str = "Köln 🦙 {{ no template }}"

    def __init__(self) -> None:
        self.valves = self.Valves()

    def weather(self) -> str:
        """
        Tell the weather.
        """
        return self.valves.town
'''.replace("class Tools", "from pydantic import BaseModel\n\n\nclass Tools", 1)
SECRET = "canary-valve-value"


@pytest.fixture
def tools(admin: dict[str, str]) -> Declared:
    """The module, on a server without tools."""
    for tool in call(admin, "GET", f"{TOOLS}/export"):
        call(admin, "DELETE", f"{TOOLS}/id/{tool['id']}/delete")

    def stored() -> dict[str, dict[str, Any]]:
        return {tool["id"]: tool for tool in call(admin, "GET", f"{TOOLS}/export")}

    return Declared("open_webui_tool", "tools", admin, stored)


@pytest.fixture
def weather(tmp_path: Path) -> dict[str, Any]:
    """A tool from a file of the host."""
    file = tmp_path / "my weather.py"
    file.write_text(CODE, encoding="utf-8")
    return {"id": "weather", "name": "Weather", "description": "Tells it.", "src": str(file), "remote_src": True}


def valves(tools: Declared, key: str) -> dict[str, Any]:
    return dict(call(tools.admin, "GET", f"{TOOLS}/id/{key}/valves"))


@pytest.mark.every_version
def test_made_changed_and_removed(tools: Declared, weather: dict[str, Any]) -> None:
    weather["remote_src"] = False
    made = tools.prove(weather)
    assert actions(made, "tools") == ["created"]
    # The server changes old imports wherever it finds them.
    stored = CODE.replace("from utils", "from open_webui.utils")
    assert tools.stored()["weather"]["content"] == stored
    assert made.diff["after"]["weather"]["content"] == stored

    Path(weather["src"]).write_text(CODE.replace("Köln", "Bonn"), encoding="utf-8")
    other = tools.prove({**weather, "name": "Sun & rain"})
    assert tools.entry(other)["changed"] == ["name", "content"]
    assert "Köln" in other.diff["before"]["weather"]["content"]
    assert "Bonn" in tools.stored()["weather"]["content"]

    assert actions(tools.prove({"id": "weather", "src": "gone.py", "state": "absent"}), "tools") == ["removed"]
    assert tools.stored() == {}


@pytest.mark.every_version
def test_what_is_changed_by_hand_is_mended_and_what_is_not_named_stays(
    tools: Declared, weather: dict[str, Any]
) -> None:
    tools.do({**weather, "access": {"public": True}, "valves": {"town": "Ulm"}})
    tool = tools.stored()["weather"]
    by_hand = {**tool, "name": "By hand", "meta": {"description": "By hand", "i18n": {"de": {"name": "Wetter"}}}}
    call(tools.admin, "POST", f"{TOOLS}/id/weather/update", by_hand)
    by_hand = tools.stored()["weather"]
    mended = tools.prove({"id": "Weather", "name": "Weather", "description": "Tells it."})
    assert tools.entry(mended)["changed"] == ["name", "description"]
    after = tools.stored()["weather"]
    assert after["content"] == tool["content"]
    assert after["meta"] == {**by_hand["meta"], "description": "Tells it."}
    assert after["meta"]["manifest"]["version"] == "1.0"
    assert [grant["principal_id"] for grant in after["access_grants"]] == ["*"]
    assert valves(tools, "weather") == {"town": "Ulm"}


def test_valves_are_merged_and_never_shown(tools: Declared, weather: dict[str, Any]) -> None:
    made = tools.prove({**weather, "valves": {"api_key": SECRET, "days": "5"}})
    assert valves(tools, "weather") == {"api_key": SECRET, "days": 5}
    other = tools.prove({**weather, "valves": {"api_key": f"{SECRET}-2", "town": "0"}})
    assert tools.entry(other)["changed"] == ["valves"]
    assert other.diff["before"]["weather"]["valves"] == {"api_key": "set to something else"}
    assert other.diff["after"]["weather"]["valves"] == {"api_key": "set", "town": "set"}
    # That one of them is "0" hides no other 0.
    assert "title: Weather\nversion: 1.0\n" in other.diff["after"]["weather"]["content"]
    assert valves(tools, "weather") == {"api_key": f"{SECRET}-2", "days": 5, "town": "0"}
    unset = tools.run({**weather, "valves": {"days": None}})
    assert valves(tools, "weather") == {"api_key": f"{SECRET}-2", "town": "0"}
    wrong = tools.run({**weather, "valves": {"api_key": SECRET, "days": "many"}})
    assert (
        "its valves are not what its code takes: api_key is of type string, days is of type integer." in wrong.message
    )
    for result in (made, other, unset, wrong):
        assert SECRET not in result.output


def test_a_tool_whose_valves_are_wrong_is_not_left_behind(tools: Declared, weather: dict[str, Any]) -> None:
    result = tools.run({**weather, "valves": {"apikey": SECRET}})
    assert result.message.endswith("was not created: its code has no valve 'apikey'.")
    assert tools.stored() == {}
    result = tools.run({"id": "bare", "content": "class Tools:\n    pass\n", "valves": {"a": 1}})
    assert result.message.endswith("was not created: its code has no valves.")
    assert tools.stored() == {}


def test_shared_with_a_group(tools: Declared, weather: dict[str, Any], office: dict[str, dict[str, str]]) -> None:
    tools.prove({**weather, "access": {"read_groups": ["office"]}})
    for account, seen in (("inside", ["weather"]), ("outside", [])):
        assert [tool["id"] for tool in call(office[account], "GET", f"{TOOLS}/")] == seen
    private = tools.prove({"id": "weather", "access": {}})
    assert tools.entry(private)["changed"] == ["access"]
    assert call(office["inside"], "GET", f"{TOOLS}/") == []
    refused = tools.run({**weather, "access": {"read_groups": ["nobody"]}})
    assert "The tool 'weather' names 'nobody', and" in refused.message


def test_code_of_the_host_and_of_the_task(tools: Declared, weather: dict[str, Any]) -> None:
    inline = {"id": "inline", "content": "class Tools:\n    pass\n"}
    assert actions(tools.prove(weather, inline), "tools") == ["created", "created"]
    assert tools.stored()["inline"]["content"] == inline["content"]
    assert actions(tools.prove(inline, exclusive=True), "tools") == ["none", "removed"]


def test_code_that_does_not_load(tools: Declared, weather: dict[str, Any]) -> None:
    Path(weather["src"]).write_text("class Tools:\n    def x(self:\n", encoding="utf-8")
    result = tools.run(weather)
    assert f"not created: {weather['src']} does not load there: '(' was never closed, line 2." in result.message
    Path(weather["src"]).write_text("import json, not_there\n\nclass Tools: ...\n", encoding="utf-8")
    result = tools.run(weather)
    assert "most often of an import that it lacks (not_there)" in result.message
    assert tools.stored() == {}


@pytest.mark.parametrize(
    ("tool", "sentence"),
    [
        ({"id": "a-b", "content": "x"}, "The tool 'a-b': an id must hold only letters, digits and _"),
        ({"id": "a", "name": "A"}, "The tool 'a' names neither src nor content, and"),
        ({"id": "a", "content": " \n"}, "The tool 'a': its content is empty."),
        ({"id": "a", "src": "nowhere.py"}, "Could not find or access 'nowhere.py'"),
        (
            {"id": "a", "src": "/nowhere.py", "remote_src": True},
            "/nowhere.py cannot be read: No such file",
        ),
        ({"id": "a", "src": "/bin/true"}, "/bin/true is not text in UTF-8"),
        ({"id": "a", "src": "x", "content": "x", "remote_src": True}, "mutually exclusive: src|content"),
    ],
)
def test_what_cannot_be_right_is_refused(tools: Declared, tool: dict[str, Any], sentence: str) -> None:
    result = tools.run(tool)
    assert result.failed
    assert sentence in result.message
    assert tools.stored() == {}
