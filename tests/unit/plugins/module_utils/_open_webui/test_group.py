"""The plan of groups: permissions are merged one by one, members are exact, and nothing unknown is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import group
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Found, Step, after, plan

KNOWN = {"workspace": {"models": False, "tools": False}, "chat": {"delete": True}}


def params(name: str = "Office", **options: Any) -> dict[str, Any]:
    return {"name": name, "description": None, "members": None, "permissions": None, "state": "present", **options}


def there(permissions: dict[str, Any] | None = None, members: dict[str, str] | None = None) -> Found:
    return group.from_reply({"name": "Office", "id": "1", "description": "", "permissions": permissions}, members)


def steps(found: list[Found], *groups: dict[str, Any], exclusive: bool = False) -> list[Step]:
    wanted = group.from_params(list(groups))
    return plan("group", found, wanted, group.BLANK, exclusive=exclusive, merge=group.merge)


def test_permissions_that_are_not_named_stay() -> None:
    current = {"workspace": {"models": True, "tools": True}, "chat": {"delete": False}}
    (step,) = steps([there(current)], params(permissions={"workspace": {"tools": False}}))
    assert step.changed == ("permissions",)
    assert step.fields is not None
    assert step.fields["permissions"] == {"workspace": {"models": True, "tools": False}, "chat": {"delete": False}}


def test_a_group_without_permissions_gets_just_those_of_the_task() -> None:
    (step,) = steps([there(None)], params(permissions={"chat": {"delete": "yes"}, "workspace": {}}))
    assert step.fields is not None
    assert step.fields["permissions"] == {"chat": {"delete": True}}


def test_members_are_exact_and_their_order_and_case_do_not_matter() -> None:
    members = {"b@example.com": "2", "a@example.com": "1"}
    listed = params(members=["B@example.com", "a@example.com", "b@example.com"])
    assert steps([there(members=members)], listed)[0].action == "none"
    assert steps([there(members=members)], params(members=["a@example.com"]))[0].changed == ("members",)
    assert steps([there(members=members)], params())[0].action == "none"


def test_permissions_are_sent_only_where_they_change() -> None:
    fields = {"description": "", "permissions": {}, "members": []}
    assert group.to_request("Office", fields, ("description",)) == {"name": "Office", "description": ""}
    assert "permissions" in group.to_request("Office", fields, ("permissions",))


@pytest.mark.parametrize(
    ("permissions", "sentence"),
    [
        ({"workspac": {"models": True}}, "knows no section 'workspac' of permissions: it has workspace, chat"),
        ({"chat": {"models": True}}, "knows no permission 'chat.models': in chat it has delete"),
        ({"chat": {"delete": True}}, None),
    ],
)
def test_what_the_server_does_not_know_is_refused(permissions: dict[str, Any], sentence: str | None) -> None:
    planned = steps([], params(permissions=permissions))
    if sentence is None:
        group.refuse_unknown(planned, KNOWN, "It")
    else:
        with pytest.raises(InvalidInput, match=sentence):
            group.refuse_unknown(planned, KNOWN, "It")


def test_what_another_version_left_behind_is_no_fault_of_the_task() -> None:
    planned = steps([there({"old": {"thing": True}})], params(permissions={"chat": {"delete": False}}))
    group.refuse_unknown(planned, KNOWN, "It")
    assert group.added_permissions(planned[0]) == [("chat", "delete")]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": " "}, "has an empty name"),
        ({"permissions": {"chat": True}}, "The group 'Office': permissions.chat is no dictionary"),
        ({"permissions": {"chat": {"delete": "perhaps"}}}, "permissions.chat.delete is 'perhaps': it must be true or"),
    ],
)
def test_what_cannot_be_right_is_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        group.from_params([params(**options)])


PERMISSIONS = st.dictionaries(
    st.sampled_from(["workspace", "chat"]), st.dictionaries(st.sampled_from(["models", "tools"]), st.booleans())
)
LISTED = st.builds(
    params,
    st.sampled_from(["Office", "Other"]),
    description=st.none() | st.just("D"),
    members=st.none() | st.lists(st.sampled_from(["a@example.com", "B@example.com"])),
    permissions=st.none() | PERMISSIONS,
)


@given(PERMISSIONS, st.lists(LISTED, unique_by=lambda item: item["name"]), st.booleans())
def test_a_plan_leaves_nothing_to_do(current: Any, listed: list[dict[str, Any]], exclusive: bool) -> None:
    found = there(current, {"a@example.com": "1"})
    done = steps([found], *listed, exclusive=exclusive)
    made = [Found(key, key, fields) for key, fields in after(done).items()]
    left = [] if any(step.key == found.key for step in done) else [found]
    assert {step.action for step in steps(left + made, *listed, exclusive=exclusive)} <= {"none"}
