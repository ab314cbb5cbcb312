"""open_webui_group on a real server."""

from __future__ import annotations

from typing import Any

import pytest
from declared import Declared, actions
from servers import call

ADA, BEN, ADMIN = "ada@example.com", "ben@example.com", "admin@example.com"
OFFICE = {
    "name": "Office",
    "description": "Answers customers",
    "members": ["Ada@example.com", ADMIN],
    "permissions": {"workspace": {"prompts": True, "tools": False}, "features": {"api_keys": True}},
}
OTHER = {"name": "Other"}


def add_accounts(admin: dict[str, str], *emails: str) -> None:
    """Make those of these accounts that are not there."""
    there = {user["email"] for user in call(admin, "GET", "/api/v1/users/all")["users"]}
    for email in emails:
        if email not in there:
            body = {"email": email, "name": email, "password": "canary", "role": "user"}
            call(admin, "POST", "/api/v1/auths/add", body)


@pytest.fixture
def groups(admin: dict[str, str]) -> Declared:
    """The module, on a server without groups that has the accounts of Ada and Ben."""
    for group in call(admin, "GET", "/api/v1/groups/"):
        call(admin, "DELETE", f"/api/v1/groups/id/{group['id']}/delete")
    add_accounts(admin, ADA, BEN)

    def stored() -> dict[str, dict[str, Any]]:
        emails = {user["id"]: user["email"] for user in call(admin, "GET", "/api/v1/users/all")["users"]}
        there = {}
        for group in call(admin, "GET", "/api/v1/groups/"):
            ids = call(admin, "GET", f"/api/v1/groups/id/{group['id']}/export")["user_ids"]
            there[group["name"]] = {**group, "members": sorted(emails[user_id] for user_id in ids)}
        return there

    return Declared("open_webui_group", "groups", admin, stored)


def change(groups: Declared, name: str, what: str, body: dict[str, Any]) -> None:
    """Change a group by hand."""
    call(groups.admin, "POST", f"/api/v1/groups/id/{groups.stored()[name]['id']}/{what}", body)


def ids(groups: Declared, *emails: str) -> dict[str, list[str]]:
    """The body that names accounts to the server."""
    users = call(groups.admin, "GET", "/api/v1/users/all")["users"]
    return {"user_ids": [user["id"] for user in users if user["email"] in emails]}


@pytest.mark.every_version
def test_made_changed_and_removed(groups: Declared) -> None:
    made = groups.prove(OFFICE, OTHER)
    assert actions(made, "groups") == ["created", "created"]
    assert made.diff["after"]["Office"]["members"] == [ADA, ADMIN]
    office = groups.stored()["Office"]
    assert (office["members"], office["permissions"]) == ([ADA, ADMIN], OFFICE["permissions"])
    assert groups.stored()["Other"]["members"] == []

    other = groups.prove({**OFFICE, "description": "", "members": [BEN, ADMIN]}, OTHER)
    assert groups.entry(other)["changed"] == ["description", "members"]
    assert other.diff["before"]["Office"]["members"] == [ADA, ADMIN]
    assert other.diff["after"]["Office"]["members"] == [ADMIN, BEN]
    assert groups.stored()["Office"]["members"] == [ADMIN, BEN]

    removed = groups.prove({"name": "Office", "state": "absent"}, {"name": "Other", "state": "absent"})
    assert actions(removed, "groups") == ["removed", "removed"]
    assert groups.stored() == {}


@pytest.mark.every_version
def test_what_is_changed_by_hand_is_mended_and_nothing_else(groups: Declared) -> None:
    groups.do(OFFICE, OTHER)
    change(groups, "Office", "users/add", ids(groups, BEN))
    change(groups, "Office", "users/remove", ids(groups, ADA))
    by_hand = {"workspace": {"prompts": False, "tools": False, "knowledge": True}, "features": {"api_keys": True}}
    change(groups, "Office", "update", {"name": "Office", "description": "By hand", "permissions": by_hand})
    mended = groups.prove(OFFICE, OTHER)
    assert actions(mended, "groups") == ["updated", "none"]
    assert groups.entry(mended)["changed"] == ["description", "permissions", "members"]
    office = groups.stored()["Office"]
    assert office["members"] == [ADA, ADMIN]
    assert office["permissions"]["workspace"] == {"prompts": True, "tools": False, "knowledge": True}


def test_what_a_task_does_not_name_stays(groups: Declared) -> None:
    groups.do(OFFICE)
    sharing = {"config": {"share": False}}
    change(groups, "Office", "update", {"name": "Office", "description": "", "data": sharing})
    before = groups.stored()["Office"]
    described = groups.prove({"name": "Office", "description": "Other"})
    assert groups.entry(described)["changed"] == ["description"]
    permitted = groups.prove({"name": "Office", "permissions": {"chat": {"delete": False}}})
    assert groups.entry(permitted)["changed"] == ["permissions"]
    emptied = groups.prove({"name": "Office", "members": []})
    assert groups.entry(emptied)["changed"] == ["members"]
    after = groups.stored()["Office"]
    assert (after["id"], after["data"], after["description"]) == (before["id"], sharing, "Other")
    assert after["permissions"] == {**before["permissions"], "chat": {"delete": False}}
    assert after["members"] == []


def test_exclusive_removes_what_is_not_listed(groups: Declared) -> None:
    groups.do(OFFICE, OTHER)
    assert actions(groups.prove(OTHER, exclusive=True), "groups") == ["none", "removed"]
    assert set(groups.stored()) == {"Other"}


def test_an_account_that_is_not_there(groups: Declared) -> None:
    strangers = {**OFFICE, "members": [ADA, "nobody@example.com"]}
    result = groups.run(OTHER, strangers)
    assert "The group 'Office' names 'nobody@example.com', and" in result.message
    assert "has no account 'nobody@example.com'. Nothing was changed." in result.message
    assert groups.stored() == {}
    promised = groups.run(strangers, check=True)
    assert not promised.failed, "an earlier task may make it"
    assert "has no account 'nobody@example.com'" in promised.output


def test_two_groups_of_one_name(groups: Declared) -> None:
    groups.do(OFFICE, OTHER)
    twin = call(groups.admin, "POST", "/api/v1/groups/create", {"name": "Office", "description": ""})
    result = groups.run({**OFFICE, "description": "Other"})
    assert "The server has the group 'Office' twice" in result.message
    assert twin["id"] in result.message
    assert groups.do(OTHER) == ["none"], "nobody asked for the two"


def test_names_with_slashes_quotes_and_emoji(groups: Declared) -> None:
    odd = {**OFFICE, "name": "a/b \"c\" 'd' 🦙 ü", "description": "\\ {x}"}
    assert actions(groups.prove(odd), "groups") == ["created"]
    assert groups.stored()[odd["name"]]["description"] == "\\ {x}"


@pytest.mark.parametrize("count", [1, 2])
def test_members_among_more_accounts_than_a_page_holds(groups: Declared, count: int) -> None:
    crowd = [f"crowd{number:02}@example.com" for number in range(36)]
    add_accounts(groups.admin, *crowd)
    listed = [{"name": f"Crowd {number}", "members": crowd[number::2]} for number in range(count)]
    assert set(actions(groups.prove(*listed), "groups")) == {"created"}
    assert groups.stored()["Crowd 0"]["members"] == crowd[0::2]
    assert groups.entry(groups.prove({"name": "Crowd 0", "members": crowd}))["changed"] == ["members"]


@pytest.mark.parametrize(
    ("things", "sentence"),
    [
        (
            [OTHER, {**OFFICE, "permissions": {"chats": {"delete": True}}}],
            "knows no section 'chats' of permissions: it",
        ),
        ([{**OFFICE, "permissions": {"chat": {"fly": True}}}], "knows no permission 'chat.fly': in chat it has"),
        ([{**OFFICE, "permissions": {"chat": {"delete": "perhaps"}}}], "permissions.chat.delete is 'perhaps'"),
        ([{**OFFICE, "permissions": {"chat": True}}], "permissions.chat is no dictionary"),
        ([{"name": " "}], "has an empty name"),
        ([OTHER, OTHER], "The list names the group 'Other' twice"),
        ([{"name": "Other", "member": []}], "Unsupported parameters"),
    ],
)
def test_what_cannot_be_right_is_refused(groups: Declared, things: list[dict[str, Any]], sentence: str) -> None:
    for check in (True, False):
        result = groups.run(*things, check=check)
        assert result.failed
        assert sentence in result.message
    assert groups.stored() == {}
