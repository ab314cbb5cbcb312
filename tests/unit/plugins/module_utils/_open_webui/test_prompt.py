"""Prompts: commands that can be typed, and what the server tells of them."""

from __future__ import annotations

from typing import Any

import pytest
from directory import Names

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.access import PRIVATE
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.prompt import (
    from_params,
    from_reply,
    to_request,
)

UNSET = dict.fromkeys(("name", "content", "tags", "enabled", "access"))


def element(**options: Any) -> dict[str, Any]:
    return {**UNSET, "command": "answer", "state": "present", **options}


def test_just_what_is_given_is_compared() -> None:
    [wanted] = from_params([element(command="/answer", content="x", tags=["b", "a", "b"])])
    assert (wanted.key, wanted.fields) == ("answer", {"content": "x", "tags": ["a", "b"]})
    assert wanted.defaults == {"name": "answer"}


@pytest.mark.parametrize("command", ["", "/", "a b", "a/b", "é", "a!"])
def test_a_command_that_nobody_can_type(command: str) -> None:
    with pytest.raises(InvalidInput, match="a command must hold only letters"):
        from_params([element(command=command, content="x")])


def test_a_prompt_that_says_nothing() -> None:
    with pytest.raises(InvalidInput, match="has no content"):
        from_params([element()])
    assert not from_params([element(state="absent")])[0].present


def test_a_reply_reads_as_what_was_sent() -> None:
    fields = {"name": "n", "content": "c", "tags": ["a"], "enabled": True, "access": PRIVATE}
    reply = {**to_request("answer", fields), "id": "1", "is_active": True, "access_grants": []}
    found = from_reply(reply, Names())
    assert (found.key, found.id, found.fields) == ("answer", "1", fields)
