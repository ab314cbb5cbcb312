"""Valves: compared, merged, and never shown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.valves import found, take, wanted


@pytest.mark.parametrize(
    ("given", "stored", "same"),
    [
        ("abc", "abc", True),
        ("abc", "ABC", False),
        (5, 5, True),
        ("5", 5, True),
        ("0.5", 0.5, True),
        (5, "5", False),
        ("true", True, True),
        (True, True, True),
        (1, True, False),
        ("no", False, False),
        (["a"], ["a"], True),
        ({"a": 1}, {"a": 2}, False),
    ],
)
def test_a_value_that_is_stored_already(given: Any, stored: Any, same: bool) -> None:
    assert found({"x": stored, "more": 1}, {"x": given}) == {"x": "set" if same else "set to something else"}
    assert (found({"x": stored}, {"x": given}) == wanted({"x": given})) is same


def test_null_means_not_set() -> None:
    assert wanted({"a": None, "b": 0}) == {"b": "set"}
    assert found({"a": None}, {"a": None, "b": None}) == {}
    assert found({"a": 1}, {"a": None}) == {"a": "set to something else"}


def test_taken_out_of_a_task_and_hidden_only_where_that_garbles_nothing() -> None:
    things: list[dict[str, Any]] = [
        {"id": "Mine", "valves": {"key": "a-long-secret", "priority": 0, "lists": [{"lang": "en"}], "pin": "1234"}},
        {"id": "other", "valves": None},
    ]
    hidden = {"a-long-secret", "0", "en", "1234"}
    valves = take(things, hidden, ("token", "1234"))
    assert things == [{"id": "Mine"}, {"id": "other"}]
    assert valves == {
        "mine": {"key": "a-long-secret", "priority": 0, "lists": [{"lang": "en"}], "pin": "1234"},
    }
    assert hidden == {"a-long-secret", "1234"}
