"""Declaring things: what check mode tells, what is done, and what is said when something fails on the way."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import (
    ApiError,
    Incomplete,
    InvalidInput,
    PartlyDone,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.declare import Outcome, declare
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found, Wanted

BLANK: Fields = {"name": ""}


class Things:
    """A server in memory; a scripted one, because no real one takes a change and forgets it at the next look."""

    noun = "thing"
    option = "things"
    blank = BLANK

    def __init__(self, **names: str) -> None:
        self.names = names
        self.done: list[str] = []
        self.forgets = False

    def read(self) -> list[Found]:
        return [Found(key, f"id of {key}", {"name": name}) for key, name in self.names.items()]

    def missing(self, fields: Fields) -> list[str]:
        return ["'nobody', which is not there"] if fields.get("name") == "nobody" else []

    def create(self, key: str, fields: Fields) -> None:
        if fields["name"] == "bad":
            raise ApiError("The server said no.")
        self._write("create", key, fields["name"])
        if fields["name"] == "half":
            raise Incomplete(f"Of {key}, a part failed.")

    def update(self, found: Found, fields: Fields, changed: Collection[str]) -> None:
        assert changed
        self._write("update", found.key, fields["name"])

    def remove(self, found: Found) -> None:
        self.done.append(f"remove {found.key}")
        del self.names[found.key]

    def _write(self, verb: str, key: str, name: str) -> None:
        self.done.append(f"{verb} {key}")
        if not self.forgets:
            self.names[key] = name


def run(things: Things, *wanted: Wanted, check: bool = False, exclusive: bool = False) -> tuple[Outcome, list[str]]:
    warnings: list[str] = []
    outcome = declare("http://x", things, wanted, check=check, warn=warnings.append, exclusive=exclusive)
    return outcome, warnings


def want(key: str, name: str) -> Wanted:
    return Wanted(key, True, {"name": name})


def test_check_mode_tells_the_same_and_does_nothing() -> None:
    wanted = (want("a", "new"), want("b", "b"), Wanted("c", False))
    things = Things(b="old", c="c")
    promised, _warnings = run(things, *wanted, check=True)
    assert things.done == []
    done, _warnings = run(things, *wanted)
    assert things.done == ["create a", "update b", "remove c"]
    assert promised.difference == done.difference
    assert [entry["action"] for entry in promised.entries] == [entry["action"] for entry in done.entries]
    assert [entry["id"] for entry in promised.entries] == [None, "id of b", None]
    assert [entry["id"] for entry in done.entries] == ["id of a", "id of b", None]


def test_what_goes_goes_last() -> None:
    things = Things(a="a")
    run(things, Wanted("a", False), want("b", "b"))
    assert things.done == ["create b", "remove a"]


def test_what_a_thing_refers_to_is_looked_for_before_anything_is_done() -> None:
    things = Things()
    with pytest.raises(InvalidInput, match=r"'b' names 'nobody', which is not there\. Nothing was changed"):
        run(things, want("a", "a"), want("b", "nobody"))
    assert things.done == []
    outcome, warnings = run(things, want("b", "nobody"), check=True)
    assert outcome.difference.changed
    assert warnings == ["The thing 'b' names 'nobody', which is not there."]


def test_a_failure_on_the_way_tells_what_was_done_before() -> None:
    things = Things()
    with pytest.raises(PartlyDone, match="The thing 'b' of http://x was not created: The server said no") as failure:
        run(things, want("a", "a"), want("b", "bad"))
    assert str(failure.value).endswith(". Before that, 1 of 2 changes were made.")
    assert failure.value.values["changed"]
    assert [entry["name"] for entry in failure.value.values["things"]] == ["a"]


def test_a_thing_of_which_a_part_failed_does_not_keep_the_others_from_being_done() -> None:
    things = Things(d="d")
    wanted = (want("a", "half"), want("b", "b"), want("c", "half"), Wanted("d", False))
    with pytest.raises(PartlyDone, match=r"^Of a, a part failed\. Of c, a part failed\.$") as failure:
        run(things, *wanted)
    assert things.done == ["create a", "create b", "create c", "remove d"]
    assert failure.value.values["changed"]
    entries = failure.value.values["things"]
    assert [(entry["name"], entry["id"]) for entry in entries] == [
        ("a", "id of a"),
        ("b", "id of b"),
        ("c", "id of c"),
        ("d", None),
    ]
    with pytest.raises(PartlyDone, match=r"Of a, a part failed\. The thing 'b' of http://x was not created"):
        run(Things(), want("a", "half"), want("b", "bad"))


def test_more_can_be_told_of_each_thing() -> None:
    outcome = declare(
        "http://x",
        Things(a="old"),
        [want("a", "new")],
        check=False,
        warn=lambda _sentence: None,
        tell=lambda step: {"was": step.found.fields["name"] if step.found else None},
    )
    assert [(entry["name"], entry["was"]) for entry in outcome.entries] == [("a", "old")]


def test_a_server_that_says_yes_and_does_something_else() -> None:
    things = Things(a="old")
    things.forgets = True
    with pytest.raises(ApiError, match=r"'a' of http://x is not as it should be after a change .*\(name\)"):
        run(things, want("a", "new"))
