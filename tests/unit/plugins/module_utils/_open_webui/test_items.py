"""Things of a list against those of a server: what is to be made, changed and removed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import (
    Found,
    Step,
    Wanted,
    after,
    before,
    plan,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import (
    given as given_options,
)

BLANK = {"name": "", "tags": []}
KEYS = st.sampled_from(["a", "b", "c", "d"])
FIELDS = st.fixed_dictionaries({}, optional={"name": st.sampled_from(["x", "y"]), "tags": st.just(["t"])})


def found(key: str, **fields: Any) -> Found:
    return Found(key, f"id of {key}", {**BLANK, **fields})


def one(current: list[Found], item: Wanted, **options: Any) -> Step:
    [step] = plan("thing", current, [item], BLANK, **options)
    return step


def test_what_is_missing_is_made_with_the_fields_of_a_blank_one() -> None:
    step = one([], Wanted("a", True, {"tags": ["t"]}, {"name": "default"}))
    assert (step.action, step.fields) == ("created", {"name": "default", "tags": ["t"]})


def test_what_differs_is_changed_and_what_a_task_does_not_name_stays() -> None:
    step = one([found("a", name="x", tags=["t"])], Wanted("a", True, {"name": "y"}, {"tags": ["default"]}))
    assert (step.action, step.fields, step.changed) == ("updated", {"name": "y", "tags": ["t"]}, ("name",))


def test_what_is_as_it_should_be_is_left_alone() -> None:
    assert one([found("a", name="x")], Wanted("a", True, {"name": "x"})).action == "none"
    assert one([], Wanted("a", False)).action == "none"


def test_what_should_be_gone_goes() -> None:
    assert one([found("a")], Wanted("a", False)).action == "removed"


def test_exclusive_removes_what_nobody_names() -> None:
    steps = plan("thing", [found("a"), found("b"), found("c")], [Wanted("a", True)], BLANK, exclusive=True, keep=["c"])
    assert [(step.key, step.action) for step in steps] == [("a", "none"), ("b", "removed")]


def test_a_list_that_names_one_twice() -> None:
    with pytest.raises(InvalidInput, match="The list names the thing 'a' twice"):
        plan("thing", [], [Wanted("a", True), Wanted("a", False)], BLANK)


def test_a_server_that_has_two_of_one_name() -> None:
    two = [found("a"), Found("a", "other id", BLANK)]
    with pytest.raises(InvalidInput, match=r"has the thing 'a' twice \(id of a and other id\)"):
        plan("thing", two, [Wanted("a", True)], BLANK)
    assert len(plan("thing", two, [], BLANK, exclusive=True)) == 2, "who wants neither needs not tell them apart"


def test_the_diff_holds_what_was_and_what_will_be() -> None:
    steps = plan("thing", [found("a"), found("b")], [Wanted("a", True, {"name": "x"}), Wanted("b", False)], BLANK)
    assert before(steps) == {"a": BLANK, "b": BLANK}
    assert after(steps) == {"a": {"name": "x", "tags": []}}


def test_an_option_that_is_not_given_is_none() -> None:
    assert given_options({"a": None, "b": "", "c": 1}, ("a", "b")) == {"b": ""}


@given(
    st.dictionaries(KEYS, FIELDS),
    st.lists(st.tuples(KEYS, st.booleans(), FIELDS), unique_by=lambda t: t[0]),
    st.booleans(),
)
def test_a_second_run_changes_nothing(
    current: dict[str, Any], listed: list[tuple[str, bool, dict[str, Any]]], exclusive: bool
) -> None:
    there = [found(key, **fields) for key, fields in current.items()]
    wanted = [Wanted(key, present, fields) for key, present, fields in listed]
    steps = plan("thing", there, wanted, BLANK, exclusive=exclusive)
    named = {step.key for step in steps}
    left = [Found(step.key, "", step.fields) for step in steps if step.fields is not None]
    left += [item for item in there if item.key not in named]
    again = plan("thing", left, wanted, BLANK, exclusive=exclusive)
    assert {step.action for step in again} <= {"none"}
