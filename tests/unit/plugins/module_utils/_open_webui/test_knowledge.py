"""What is to be done to the files of a knowledge base, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.folder import File
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.knowledge import (
    FilePlan,
    Stored,
    apart,
    bereft,
    counts,
    directories,
    from_params,
    lament,
    plan_files,
    shown,
    stored,
)


def file(name: str, digest: str) -> File:
    return File(name, digest, 1)


def there(name: str, digest: str, file_id: str = "", whole: bool = True) -> Stored:
    return Stored(name, file_id or f"id of {name}", digest, f"text of {digest}", whole)


@pytest.mark.parametrize(
    ("current", "wanted", "plan"),
    [
        ([], [file("a", "1")], FilePlan((file("a", "1"),), {}, {}, ())),
        ([there("a", "1")], [file("a", "1")], FilePlan((), {}, {}, ())),
        ([there("a", "1")], [], FilePlan((), {}, {}, ("id of a",))),
        ([there("a", "1")], [file("a", "2")], FilePlan((file("a", "2"),), {}, {"a": ("id of a",)}, ())),
        # One that goes into another directory is moved, one that gets another name is not.
        ([there("x/a", "1")], [file("y/a", "1")], FilePlan((), {"id of x/a": "y/a"}, {}, ())),
        ([there("a", "1")], [file("b", "1")], FilePlan((file("b", "1"),), {}, {}, ("id of a",))),
        # One that moves takes the place of another.
        ([there("x/a", "1"), there("a", "2")], [file("a", "1")], FilePlan((), {"id of x/a": "a"}, {}, ("id of a",))),
        # One that was never embedded is brought again, and not moved.
        ([there("a", "1", whole=False)], [file("a", "1")], FilePlan((file("a", "1"),), {}, {"a": ("id of a",)}, ())),
        (
            [there("x/a", "1", whole=False)],
            [file("a", "1")],
            FilePlan((file("a", "1"),), {}, {}, ("id of x/a",)),
        ),
        # Of two at one place, one stays.
        ([there("a", "1", "first"), there("a", "1", "second")], [file("a", "1")], FilePlan((), {}, {}, ("second",))),
        (
            [there("a", "1", "first"), there("a", "2", "second")],
            [file("a", "3")],
            FilePlan((file("a", "3"),), {}, {"a": ("first", "second")}, ()),
        ),
    ],
)
def test_what_is_to_be_done(current: list[Stored], wanted: list[File], plan: FilePlan) -> None:
    assert plan_files(current, wanted) == plan


NAMES = st.sampled_from(["a", "b", "x/a", "x/b", "y/a"])
DIGESTS = st.sampled_from("123456")
CURRENT = st.lists(st.tuples(NAMES, DIGESTS, st.booleans()), max_size=6)
WANTED = st.dictionaries(NAMES, DIGESTS, max_size=5)


@given(CURRENT, WANTED)
def test_a_plan_leaves_nothing_to_do(current: list[tuple[str, str, bool]], wanted: dict[str, str]) -> None:
    before = [there(name, digest, str(number), whole) for number, (name, digest, whole) in enumerate(current)]
    folder, _left_out = apart([file(name, wanted[name]) for name in sorted(wanted)])
    plan = plan_files(before, folder)

    old = {old for ids in plan.instead_of.values() for old in ids}
    assert old | {*plan.gone, *plan.move} <= {each.id for each in before}
    left = [each for each in before if each.id not in {*plan.gone, *old}]
    after = [
        *(replace(each, name=plan.move.get(each.id, each.name)) for each in left),
        *(there(each.name, each.digest, f"new {each.name}") for each in plan.upload),
    ]
    assert plan_files(after, folder) == FilePlan((), {}, {}, ())
    assert shown(after) == {each.name: each.digest for each in folder}


def test_of_the_same_content_the_first_is_taken() -> None:
    files = [file("a", "1"), file("b", "2"), file("c", "1"), file("d", "1")]
    assert apart(files) == ([file("a", "1"), file("b", "2")], ["c", "d"])


@pytest.mark.parametrize(
    ("changes", "whole"),
    [
        ({}, True),
        ({"hash": None}, False),
        ({"meta": {"collection_name": "file-7", "file_hash": "1"}}, False),
        ({"meta": {"file_hash": "1"}}, True),
        ({"meta": None}, True),
    ],
)
def test_whether_a_file_was_embedded(changes: dict[str, Any], whole: bool) -> None:
    item = {"id": "7", "hash": "text", "meta": {"collection_name": "base", "file_hash": "1"}, **changes}
    assert stored(item, "a").whole is whole


def test_the_diff_tells_what_was_not_embedded_and_what_is_there_twice() -> None:
    files = [there("a", "1" * 64), there("b", "2", whole=False), there("c", "3", "1"), there("c", "4", "2")]
    assert shown(files) == {"a": "1" * 12, "b": "not embedded", "c": "3, 4"}


def test_what_shares_its_text_with_something_that_goes_has_to_be_put_there_again() -> None:
    files = [there("a", "1", "goes"), there("b", "1", "stays"), there("c", "2"), there("d", "1", whole=False)]
    assert bereft(files, ["goes"]) == [files[1]]
    assert bereft(files, []) == []


def test_directories_come_behind_those_that_they_are_in() -> None:
    assert directories(["b/c/d.md", "a.md", "b/e.md"]) == ["b", "b/c"]


def test_counts_leave_out_what_failed() -> None:
    before, after = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}
    assert counts(before, after) == {"added": 1, "updated": 1, "removed": 1, "unchanged": 1}
    assert counts(before, after, {"b", "d"}) == {"added": 0, "updated": 0, "removed": 1, "unchanged": 1}


def test_files_that_failed_for_one_reason_are_named_together_and_not_without_end() -> None:
    assert lament({"b": "bad.", "a": "bad.", "c": "worse"}) == "a, b: bad; c: worse"
    assert lament({f"{number:02}": "bad" for number in range(12)}).endswith("08, 09: bad; and 2 more")


def test_a_folder_is_part_of_what_is_wanted_only_where_there_is_one() -> None:
    base = {"name": "a", "description": None, "access": None, "state": "present"}
    assert "files" not in from_params([base], {})[0].fields
    assert from_params([base], {"a": [file("x", "1" * 64)]})[0].fields == {"files": {"x": "1" * 12}}
    assert from_params([{**base, "state": "absent"}], {})[0].fields == {}
    with pytest.raises(InvalidInput, match="empty name"):
        from_params([{**base, "name": " "}], {})
