"""open_webui_prompt on a real server."""

from __future__ import annotations

from typing import Any

import pytest
from declared import Declared, actions
from servers import call

ANSWER = {"command": "answer", "name": "An answer", "content": "Answer: {{CLIPBOARD}}", "tags": ["b", "a"]}
OTHER = {"command": "other", "content": "Other"}


@pytest.fixture
def prompts(admin: dict[str, str]) -> Declared:
    """The module, on a server without prompts."""

    def stored() -> dict[str, dict[str, Any]]:
        return {prompt["command"]: prompt for prompt in call(admin, "GET", "/api/v1/prompts/list")["items"]}

    for prompt in stored().values():
        call(admin, "DELETE", f"/api/v1/prompts/id/{prompt['id']}/delete")
    return Declared("open_webui_prompt", "prompts", admin, stored)


@pytest.mark.every_version
def test_made_changed_and_removed(prompts: Declared) -> None:
    assert actions(prompts.prove(ANSWER), "prompts") == ["created"]
    assert prompts.stored()["answer"]["content"] == "Answer: {{CLIPBOARD}}"
    assert call(prompts.admin, "GET", "/api/v1/prompts/tags") == ["a", "b"]

    other = prompts.prove({**ANSWER, "content": "Other", "tags": ["c"]})
    assert prompts.entry(other)["changed"] == ["content", "tags"]
    assert other.diff["before"]["answer"]["content"] == "Answer: {{CLIPBOARD}}"
    assert other.diff["after"]["answer"]["content"] == "Other"

    assert actions(prompts.prove({"command": "answer", "state": "absent"}), "prompts") == ["removed"]
    assert prompts.stored() == {}


@pytest.mark.every_version
def test_what_is_changed_by_hand_is_mended_and_nothing_else(prompts: Declared) -> None:
    prompts.do(ANSWER, OTHER)
    prompt = prompts.stored()["answer"]
    by_hand = {key: prompt[key] for key in ("command", "name", "tags")} | {"content": "By hand"}
    call(prompts.admin, "POST", f"/api/v1/prompts/id/{prompt['id']}/update", by_hand)
    call(prompts.admin, "POST", f"/api/v1/prompts/id/{prompt['id']}/toggle")
    mended = prompts.prove({**ANSWER, "enabled": True}, OTHER)
    assert actions(mended, "prompts") == ["updated", "none"]
    assert prompts.entry(mended)["changed"] == ["content", "enabled"]


def test_what_a_task_does_not_name_stays(prompts: Declared) -> None:
    prompts.do({**ANSWER, "access": {"public": True}, "enabled": False})
    result = prompts.prove({"command": "answer", "content": "Other"})
    assert prompts.entry(result)["changed"] == ["content"]
    prompt = prompts.stored()["answer"]
    assert (prompt["name"], prompt["tags"], prompt["is_active"]) == ("An answer", ["a", "b"], False)
    assert [grant["principal_id"] for grant in prompt["access_grants"]] == ["*"]


def test_shared_by_the_names_of_groups_and_the_addresses_of_accounts(prompts: Declared) -> None:
    group = call(prompts.admin, "POST", "/api/v1/groups/create", {"name": "Büro & co", "description": ""})
    access = {"read_groups": ["Büro & co"], "write_users": ["Admin@example.com"]}
    assert actions(prompts.prove({**ANSWER, "access": access}), "prompts") == ["created"]
    grants = {(grant["principal_id"], grant["permission"]) for grant in prompts.stored()["answer"]["access_grants"]}
    assert (group["id"], "read") in grants
    assert len(grants) == 2
    private = prompts.prove({**ANSWER, "access": {}})
    assert prompts.entry(private)["changed"] == ["access"]
    assert prompts.stored()["answer"]["access_grants"] == []
    call(prompts.admin, "DELETE", f"/api/v1/groups/id/{group['id']}/delete")


def test_a_group_that_is_not_there(prompts: Declared) -> None:
    shared = {**ANSWER, "access": {"read_groups": ["nobody"]}}
    result = prompts.run(OTHER, shared)
    assert "The prompt 'answer' names 'nobody', and" in result.message
    assert "has no group 'nobody'. Nothing was changed." in result.message
    assert prompts.stored() == {}
    promised = prompts.run(shared, check=True)
    assert not promised.failed, "an earlier task may make it"
    assert "has no group 'nobody'" in promised.output


def test_exclusive_removes_what_is_not_listed(prompts: Declared) -> None:
    prompts.do(ANSWER, OTHER)
    assert actions(prompts.prove(ANSWER, exclusive=True), "prompts") == ["none", "removed"]
    assert set(prompts.stored()) == {"answer"}


def test_names_with_slashes_quotes_and_emoji(prompts: Declared) -> None:
    name = "a/b \"c\" 'd' 🦙"
    odd = {"command": "/odd", "name": name, "content": "{{USER_NAME}}\n\\", "tags": ["ü/🦙"]}
    assert actions(prompts.prove(odd), "prompts") == ["created"]
    assert prompts.stored()["odd"]["name"] == name


def test_prompts_that_are_not_offered_are_found_behind_those_that_are(prompts: Declared) -> None:
    many = [{"command": f"p{number}", "content": "x", "enabled": number > 3} for number in range(40)]
    prompts.do(*many)
    assert set(prompts.do(*many)) == {"none"}
    assert set(prompts.do(exclusive=True)) == {"removed"}
    assert prompts.stored() == {}


@pytest.mark.parametrize(
    ("things", "sentence"),
    [
        ([{"command": "a b", "content": "x"}], "The prompt 'a b': a command must hold only letters"),
        ([{"command": "a"}], "The prompt 'a' has no content"),
        ([ANSWER, {**ANSWER, "command": "/answer"}], "The list names the prompt 'answer' twice"),
        ([{**ANSWER, "access": {"read_group": ["x"]}}], "Unsupported parameters"),
    ],
)
def test_what_cannot_be_right_is_refused(prompts: Declared, things: list[dict[str, Any]], sentence: str) -> None:
    result = prompts.run(*things)
    assert result.failed
    assert sentence in result.message
    assert prompts.stored() == {}
