"""The plan of connections: order and options survive, new ones come last, exclusive means just these."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.connection import (
    OllamaConnections,
    Wanted,
    from_params,
    plan,
)

A, B, C = "http://a:11434", "http://b:11434", "http://c:11434"
URLS = st.lists(st.sampled_from([A, B, C]), unique=True)


def stored(*urls: str, enabled: bool = True) -> OllamaConnections:
    return OllamaConnections(enabled, urls, tuple({"key": url} for url in urls))


def wanted(*urls: str, present: bool = True) -> list[Wanted]:
    return [Wanted(url, present) for url in urls]


def test_a_new_connection_comes_last_and_the_others_keep_their_options() -> None:
    planned = plan(stored(A, B), wanted(C), exclusive=False)
    assert (planned.urls, planned.configs) == ((A, B, C), ({"key": A}, {"key": B}, {}))


def test_removing_one_moves_no_option_to_another() -> None:
    planned = plan(stored(A, B), wanted(A, present=False), exclusive=False)
    assert (planned.urls, planned.configs) == ((B,), ({"key": B},))


def test_exclusive_keeps_just_the_list_in_its_order() -> None:
    planned = plan(stored(A, B), wanted(C, A), exclusive=True)
    assert (planned.urls, planned.configs) == ((C, A), ({}, {"key": A}))


def test_a_slash_at_the_end_is_the_same_connection() -> None:
    planned = plan(stored(A + "/"), from_params([{"url": A, "state": "present"}]), exclusive=True)
    assert (planned.urls, planned.configs) == ((A,), ({"key": A + "/"},))


def test_wanting_one_turns_the_connections_on() -> None:
    assert plan(stored(A, enabled=False), wanted(A), exclusive=False).enabled
    assert not plan(stored(A, enabled=False), wanted(A, present=False), exclusive=False).enabled


def test_options_are_never_shown() -> None:
    connections = stored(A)
    assert "key" not in str(connections.public())
    assert "key" not in repr(connections)


@pytest.mark.parametrize(
    ("urls", "sentence"),
    [(["127.0.0.1:11434"], "must begin with http"), ([A, A + "/"], "twice"), ([""], "must begin with http")],
)
def test_a_wrong_list_is_refused(urls: list[str], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        from_params([{"url": url, "state": "present"} for url in urls])


@given(URLS, URLS, st.booleans(), st.booleans())
def test_a_second_run_changes_nothing(current: list[str], listed: list[str], present: bool, exclusive: bool) -> None:
    task = wanted(*listed, present=present)
    once = plan(stored(*current), task, exclusive)
    assert plan(once, task, exclusive) == once
