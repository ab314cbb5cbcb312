"""Models of the workspace: what is compared, what is written, and what stays."""

from __future__ import annotations

from typing import Any

import pytest
from directory import Names
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.access import PRIVATE
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Found, Wanted, plan
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.model import (
    BLANK,
    from_params,
    from_reply,
    merge,
    out_of_reach,
    to_request,
)

OPTIONS = {**dict.fromkeys(BLANK), "state": "present"}
BASES = {"id-1": "Handbook", "id-2": "Müller"}
OFFICE = {**PRIVATE, "read_groups": ["office"]}
NAMES = st.lists(st.sampled_from(["a", "b", "ü/🦙"]))
VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())
THINGS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(),
        "base_model": st.sampled_from(["", "llama3:latest", "x"]),
        "system": st.text(),
        "params": st.dictionaries(st.sampled_from(["temperature", "stop", "model_controls"]), VALUES),
        "description": st.text(),
        "capabilities": st.dictionaries(st.sampled_from(["vision", "usage"]), st.booleans() | st.none()),
        "suggestions": st.lists(st.text()),
        "tags": NAMES,
        "knowledge": st.lists(st.sampled_from(sorted(BASES.values()))),
        "tools": NAMES,
        "filters": NAMES,
        "actions": NAMES,
        "enabled": st.booleans(),
    },
)


class Shelf:
    """Knowledge bases, of which BASES are there."""

    def name(self, knowledge_id: str) -> str:
        return BASES.get(knowledge_id, knowledge_id)


def wanted(**options: Any) -> Wanted:
    return from_params([{**OPTIONS, "id": "x", **options}])[0]


def found(**reply: Any) -> Found:
    record = {"id": "x", "name": "X", "base_model_id": None, "meta": {}, "params": {}, "is_active": True, **reply}
    return from_reply(record, Names(), Shelf())


def apply(item: Wanted, current: Found | None) -> Found:
    """What the server has after a plan was carried out."""
    step = plan("model", [current] if current else [], [item], BLANK, merge=merge)[0]
    assert step.fields is not None
    if step.action == "none":
        assert current is not None
        return current
    changed = step.changed if current else tuple(step.fields)
    knowledge = [{"id": key, "name": name, "description": ""} for key, name in BASES.items()]
    named = [base for base in knowledge if base["name"] in step.fields["knowledge"]]
    return found(**to_request("x", step.fields, changed, named, current.rest if current else {}))


@given(THINGS, THINGS)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(first: dict[str, Any], second: dict[str, Any]) -> None:
    current = apply(wanted(**first), None)
    assert plan("model", [current], [wanted(**first)], BLANK, merge=merge)[0].action == "none"
    current = apply(wanted(**second), current)
    assert plan("model", [current], [wanted(**second)], BLANK, merge=merge)[0].action == "none"


def test_what_nobody_knows_of_is_written_as_it_was_found() -> None:
    meta = {
        "profile_image_url": "/static/x.png",
        "hidden": False,
        "more": {},
        "suggestion_prompts": [{"content": "a", "title": ["A", "b"]}],
        "knowledge": [{"type": "file", "id": "f"}, {"type": "collection", "id": "id-1"}],
    }
    current = found(meta={**meta, "i18n": None}, params={"top_k": None, "seed": 1})
    after = apply(wanted(description="New"), current)
    assert after.rest["meta"] == {**meta, "description": "New"}
    after = apply(wanted(knowledge=["Müller"], tags=["t"], suggestions=[]), current)
    assert after.rest["meta"]["knowledge"][0] == {"type": "file", "id": "f"}
    assert after.fields["knowledge"] == ["Müller"]
    assert "suggestion_prompts" not in after.rest["meta"]


def test_an_emptied_list_is_left_out_because_the_server_stumbles_over_null() -> None:
    after = apply(wanted(tools=[], description=""), found(meta={"toolIds": ["a"], "description": "x"}))
    assert after.rest["meta"] == {}


def test_capabilities_are_merged_and_parameters_are_not() -> None:
    current = found(meta={"capabilities": {"vision": True, "usage": None}}, params={"seed": 1, "system": "s"})
    after = apply(wanted(capabilities={"citations": "no"}, params={"top_k": 2}), current)
    assert after.fields["capabilities"] == {"vision": True, "citations": False}
    assert after.rest["params"] == {"top_k": 2, "system": "s"}


def test_parameters_that_the_server_would_keep_are_emptied() -> None:
    step = {**BLANK, "name": "X", "base_model": "x", "params": {"top_k": 2}}
    before: dict[str, Any] = {"params": {"model_controls": {"effort": {}}}}
    assert to_request("x", step, ["params"], [], before)["params"] == {"model_controls": {}, "top_k": 2}


def test_a_knowledge_base_that_is_gone_goes_by_its_id() -> None:
    assert found(meta={"knowledge": [{"type": "collection", "id": "gone"}]}).fields["knowledge"] == ["gone"]


@pytest.mark.parametrize(
    ("options", "base"), [({}, None), ({"base_model": ""}, None), ({"base_model": "llama3"}, "llama3")]
)
def test_a_model_without_base_is_the_one_of_a_connection(options: dict[str, Any], base: str | None) -> None:
    step = plan("model", [], [wanted(**options)], BLANK, merge=merge)[0]
    assert step.fields is not None
    assert to_request("x", step.fields, step.changed, [], {})["base_model_id"] == base


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"id": "a b"}, "an id must be 1 to 256 characters without spaces"),
        ({"id": "a" * 257}, "an id must be 1 to 256 characters without spaces"),
        ({"params": {"system": "x"}}, "give it as system"),
        ({"capabilities": {"vision": "perhaps"}}, "neither true nor false: The value 'perhaps'"),
    ],
)
def test_what_cannot_be_right(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        wanted(**options)


@pytest.mark.parametrize(
    ("base", "strict", "warned"),
    [
        (None, True, True),
        (None, False, False),
        (PRIVATE, False, True),
        (OFFICE, True, False),
        ({**PRIVATE, "public": True}, True, False),
        ({**PRIVATE, "write_groups": ["office"]}, True, True),
    ],
)
def test_a_model_that_is_shared_with_more_than_its_base(base: Any, strict: bool, warned: bool) -> None:
    listed = {"mine": {"base_model": "base", "access": OFFICE}, "alone": {"base_model": "base", "access": PRIVATE}}
    others = {"base": {"base_model": "base", "access": base}} if base else {}
    sentences = out_of_reach(listed, others, strict=strict)
    assert [sentence.startswith("The model 'mine' is shared with more") for sentence in sentences] == [True] * warned
