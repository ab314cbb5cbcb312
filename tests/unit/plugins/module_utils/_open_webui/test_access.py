"""Access in the words of a task, and in the server's grants."""

from __future__ import annotations

from typing import Any

from directory import Names
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.access import (
    PRIVATE,
    from_grants,
    from_params,
    missing,
    to_grants,
)

NAMES = st.lists(st.sampled_from(["a", "b", "C"]))
ACCESS = st.fixed_dictionaries(
    {"public": st.booleans()} | dict.fromkeys(("read_groups", "read_users", "write_groups", "write_users"), NAMES)
)


@given(ACCESS)
def test_what_is_granted_reads_as_what_was_wanted(params: dict[str, Any]) -> None:
    wanted = from_params(params)
    assert from_grants(to_grants(wanted, Names()), Names()) == wanted


def test_no_grant_is_private() -> None:
    assert from_grants([], Names()) == PRIVATE
    assert to_grants(PRIVATE, Names()) == []


def test_what_no_task_can_say_is_told_and_differs() -> None:
    grant = {"principal_type": "user", "principal_id": "*", "permission": "write"}
    access = from_grants([grant], Names())
    assert access == {**PRIVATE, "other": ["user * write"]}
    assert from_grants([], Names()) == PRIVATE, "nothing is left in the constant"


def test_all_that_is_named_has_to_be_there() -> None:
    access = {**PRIVATE, "read_groups": ["a"], "write_groups": ["b"], "read_users": ["c"], "write_users": ["d"]}
    assert missing(access, Names()) == ["a", "b", "c", "d"]
