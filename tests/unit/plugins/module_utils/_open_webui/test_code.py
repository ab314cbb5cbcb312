"""Code that Open WebUI runs: how it is named and stored, and why it does not load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import code, function, tool
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.code_file import texts

NOTHING = {"name": None, "description": None, "access": None, "enabled": None, "global": None}
THING = {"id": "a", "src": None, "content": None, "remote_src": False, "state": "present", **NOTHING}


def test_old_imports_are_stored_as_the_server_stores_them() -> None:
    text = "from utils.misc import x\nfrom maintenance import y  # says: from config\n"
    stored = code.fields_from("tool", {**THING, "content": text}, None, ())["content"]
    assert stored == text.replace("from ", "from open_webui.")
    assert code.fields_from("tool", {**THING, "content": stored}, None, ())["content"] == stored


def test_the_id_is_stored_in_small_letters_and_is_the_first_name() -> None:
    item = tool.from_params([{**THING, "id": "My_Tool", "src": "x.py"}], {"My_Tool": "x"}, {"my_tool": {"a": 1}})[0]
    assert (item.key, item.defaults) == ("my_tool", {"name": "my_tool"})
    assert item.fields == {"content": "x", "valves": {"a": "set"}}
    assert code.sources([{**THING, "id": "My_Tool", "src": "x.py"}, THING]) == {"my_tool": "x.py", "a": "its content"}


def test_what_the_server_finds_in_the_code_itself_is_not_sent_again() -> None:
    meta = {"description": "d", "manifest": {"version": "1"}, "toggle": True, "has_user_valves": True, "more": 1}
    reply = {"id": "a", "name": "A", "content": "x", "meta": meta, "is_active": True, "is_global": False}
    found = function.from_reply(reply, None)
    assert code.to_request("a", {**found.fields, "description": "e"}, found.rest["meta"]) == {
        "id": "a",
        "name": "A",
        "content": "x",
        "meta": {"description": "e", "more": 1},
    }


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a b", "a/b"])
def test_an_id_that_is_none(name: str) -> None:
    with pytest.raises(InvalidInput, match="an id must hold only letters, digits and _"):
        code.identifier("tool", name)


@pytest.mark.parametrize(
    ("reason", "content", "told"),
    [
        ("[ERROR: Error creating tool]", "def x(:\n", "invalid syntax, line 1"),
        ("[ERROR: Error creating tool]", "return 1\n", "'return' outside function, line 1"),
        ("No module named 'not_there'", "import not_there\n", "No module named 'not_there'"),
        ("[ERROR: Error creating tool]", "class Tool: ...\n", "it has no class Tools or Filter"),
        (
            "[ERROR: Error creating tool]",
            "import json, numpy.linalg\nfrom pydantic import BaseModel\nfrom . import x\nclass Tools: ...\n",
            "and its log tells why, most often of an import that it lacks (numpy, pydantic)",
        ),
        (
            "[ERROR: Error updating function]",
            "import json\nclass Filter: ...\n",
            "the server answers only 'Error updating function', and its log tells why",
        ),
    ],
)
def test_why_code_does_not_load(reason: str, content: str, told: str) -> None:
    assert code.why(reason, content, ("Tools", "Filter")).endswith(told)


def test_a_file_of_the_host_and_one_of_the_controller(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    things: list[dict[str, Any]] = [
        {**THING, "id": "here", "src": str(file), "remote_src": True},
        {**THING, "id": "there", "src": str(file)},
        {**THING, "id": "gone", "src": "nowhere.py", "state": "absent"},
    ]
    assert texts(things, {str(file): "b"}) == {"here": "a = 1\r\n", "there": "b"}
    with pytest.raises(InvalidInput, match="give it as a dictionary"):
        texts(things, {})
