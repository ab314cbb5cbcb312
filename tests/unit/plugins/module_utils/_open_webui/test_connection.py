"""The plan of connections: order and options survive, new ones come last, exclusive means just these."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.connection import (
    Connection,
    Connections,
    Wanted,
    from_params,
    plan,
    to_verify,
)

A, B, C = "http://a:11434", "http://b:11434", "http://c:11434"
URLS = st.lists(st.sampled_from([A, B, C]), unique=True)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "prefix_id": st.sampled_from(["", "x"]),
        "model_ids": st.sampled_from([[], ["m"]]),
        "tags": st.sampled_from([[], ["t"]]),
    },
)


def stored(*urls: str, enabled: bool = True) -> Connections:
    return Connections(enabled, tuple(Connection(url, f"key of {url}", {"azure": url}) for url in urls))


def wanted(*urls: str, present: bool = True, **options: Any) -> list[Wanted]:
    return [Wanted(url, present, options=options) for url in urls]


def element(url: str, **options: Any) -> dict[str, Any]:
    unset = dict.fromkeys(("key", "enabled", "prefix_id", "model_ids", "tags"))
    return {**unset, "url": url, "state": "present", **options}


def test_a_new_connection_comes_last_and_the_others_keep_their_options() -> None:
    planned = plan(stored(A, B), wanted(C), exclusive=False)
    assert planned.items == (*stored(A, B).items, Connection(C))


def test_removing_one_moves_no_option_to_another() -> None:
    assert plan(stored(A, B), wanted(A, present=False), exclusive=False) == stored(B)


def test_exclusive_keeps_just_the_list_in_its_order() -> None:
    planned = plan(stored(A, B), wanted(C, A), exclusive=True)
    assert planned.items == (Connection(C), *stored(A).items)


def test_a_slash_at_the_end_is_the_same_connection() -> None:
    planned = plan(stored(A + "/"), from_params([element(A)]), exclusive=True)
    assert [(item.url, item.key) for item in planned.items] == [(A, f"key of {A}/")]


def test_wanting_one_turns_the_connections_on() -> None:
    assert plan(stored(A, enabled=False), wanted(A), exclusive=False).enabled
    assert not plan(stored(A, enabled=False), wanted(A, present=False), exclusive=False).enabled


def test_options_go_over_those_that_are_there_in_the_form_of_the_server() -> None:
    task = from_params([element(A, key="new", tags=["b", "a"], prefix_id="x", enabled=False)])
    [item] = plan(stored(A), task, exclusive=False).items
    assert item.key == "new"
    assert item.config == {"azure": A, "tags": [{"name": "a"}, {"name": "b"}], "prefix_id": "x", "enable": False}
    assert item.options == {"enabled": False, "prefix_id": "x", "model_ids": [], "tags": ["a", "b"]}


def test_an_option_that_says_what_is_so_anyway_changes_nothing() -> None:
    task = wanted(A, enabled=True, prefix_id="", model_ids=[], tags=[])
    assert plan(stored(A), task, exclusive=False) == stored(A)


def test_tried_is_what_is_new_or_has_another_key_and_is_used() -> None:
    task = [*wanted(A), Wanted(B, True, "new"), *wanted(C), Wanted("http://off", True, options={"enabled": False})]
    planned = plan(stored(A, B), task, exclusive=False)
    assert [item.url for item in to_verify(stored(A, B), planned)] == [B, C]


def test_keys_are_never_shown() -> None:
    connections = stored(A)
    assert connections.public(connections)["connections"][0]["key"] == "set"
    assert "key of" not in str(connections.public(connections))
    assert "key of" not in repr(connections)


def test_a_key_that_changes_is_told_of() -> None:
    changed = plan(stored(A), [Wanted(A, True, "new")], exclusive=False)
    assert changed.public(stored(A))["connections"][0]["key"] == "set to something else"


@pytest.mark.parametrize(
    ("urls", "sentence"),
    [(["127.0.0.1:11434"], "must begin with http"), ([A, A + "/"], "twice"), ([""], "must begin with http")],
)
def test_a_wrong_list_is_refused(urls: list[str], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        from_params([element(url) for url in urls])


@given(URLS, URLS, OPTIONS, st.booleans(), st.booleans())
def test_a_second_run_changes_nothing(
    current: list[str], listed: list[str], options: dict[str, Any], present: bool, exclusive: bool
) -> None:
    task = wanted(*listed, present=present, **options)
    once = plan(stored(*current), task, exclusive)
    assert plan(once, task, exclusive) == once
