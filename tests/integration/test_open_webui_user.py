"""open_webui_user on a real Open WebUI: one that has no account yet, and one that has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from declared import Declared, actions
from modules import Result, run_module
from servers import call, fresh_open_webui

EMAIL = "Admin@Example.com"
PASSWORD = "canary-first-admin"
ADA = {"email": "ada@example.com", "name": "Ada", "role": "admin", "password": "canary-ada"}
BEN = {"email": "ben@example.com", "name": "Ben", "password": "canary-ben"}


@pytest.fixture(scope="module")
def url(services: dict[str, Any]) -> Iterator[str]:
    with fresh_open_webui(services, "open-webui") as fresh:
        yield fresh


def first_admin(url: str, password: str = PASSWORD, *, check: bool = False) -> Result:
    arguments = {"api_url": url, "api_email": EMAIL, "api_password": password}
    return run_module("open_webui_user", arguments, check=check, verbosity=3)


def is_empty(url: str) -> bool:
    return bool(requests.get(f"{url}/api/config", timeout=30).json().get("onboarding"))


def test_a_password_that_the_server_refuses_makes_no_account(url: str) -> None:
    too_long = "canary-too-long-" * 5
    result = first_admin(url, too_long)
    assert result.failed
    assert "72" in result.message
    assert too_long not in result.output
    assert is_empty(url)


def test_check_mode_makes_no_account(url: str) -> None:
    result = first_admin(url, check=True)
    assert result.changed
    assert result.values["user"] == {"email": "admin@example.com", "name": "Admin", "role": "admin"}
    assert is_empty(url)


def test_an_account_needs_a_way_in(url: str) -> None:
    result = run_module("open_webui_user", {"api_url": url, "api_token": "sk-canary", "users": [BEN]})
    assert result.failed
    assert "give api_email and api_password of its first admin, for it has no accounts" in result.message


def test_check_mode_tells_of_the_first_admin_and_the_others(url: str) -> None:
    listed = [{"email": EMAIL}, BEN, {"email": "gone@example.com", "state": "absent"}]
    arguments = {"api_url": url, "api_email": EMAIL, "api_password": PASSWORD, "users": listed, "exclusive": True}
    result = run_module("open_webui_user", arguments, check=True)
    assert actions(result, "users") == ["none", "created", "none"]
    assert result.diff["before"] == {}
    assert set(result.diff["after"]) == {"admin@example.com", "ben@example.com"}
    assert is_empty(url)


def test_the_first_account_is_the_admin_and_the_second_run_finds_it(url: str) -> None:
    result = first_admin(url)
    assert result.changed
    assert result.values["user"] == {"email": "admin@example.com", "name": "Admin", "role": "admin"}
    assert not is_empty(url)
    for check in (True, False):
        assert not first_admin(url, check=check).changed
    assert PASSWORD not in result.output


def test_another_password_is_refused_in_one_sentence(url: str) -> None:
    result = first_admin(url, "canary-another")
    assert result.failed
    assert "does not let Admin@Example.com sign in" in result.message
    assert "canary-another" not in result.output


@pytest.mark.parametrize("image", ["open-webui", "open-webui-oldest"])
def test_the_first_admin_and_the_others_in_one_task(services: dict[str, Any], image: str) -> None:
    with fresh_open_webui(services, image) as fresh:
        sign_in = {"api_url": fresh, "api_email": EMAIL, "api_password": PASSWORD}
        result = run_module("open_webui_user", {**sign_in, "users": [ADA, BEN]})
        assert actions(result, "users") == ["created", "created"]
        assert result.values["user"]["email"] == "admin@example.com"
        assert set(result.diff["after"]) == {"admin@example.com", "ada@example.com", "ben@example.com"}
        again = run_module("open_webui_user", {**sign_in, "users": [ADA, BEN], "exclusive": True})
        assert not again.changed, again.diff


@pytest.fixture
def users(admin: dict[str, str]) -> Declared:
    """The module, on a server that has just its first admin."""
    for user in call(admin, "GET", "/api/v1/users/all")["users"]:
        if user["email"] != "admin@example.com":
            call(admin, "DELETE", f"/api/v1/users/{user['id']}")

    def stored() -> dict[str, dict[str, Any]]:
        there = call(admin, "GET", "/api/v1/users/all")["users"]
        return {user["email"]: {name: user[name] for name in ("id", "name", "role")} for user in there}

    return Declared("open_webui_user", "users", admin, stored)


def sign_in(users: Declared, person: dict[str, str]) -> dict[str, Any]:
    """Options that sign a module in as a person; fails when the server does not let them."""
    body = {"email": person["email"], "password": person["password"]}
    reply = requests.post(f"{users.admin['api_url']}/api/v1/auths/signin", json=body, timeout=30)
    reply.raise_for_status()
    return {"api_url": users.admin["api_url"], "api_token": reply.json()["token"]}


@pytest.mark.every_version
def test_made_changed_and_removed(users: Declared) -> None:
    made = users.prove(ADA, BEN)
    assert actions(made, "users") == ["created", "created"]
    assert made.diff["after"]["ben@example.com"] == {"name": "Ben", "role": "user"}
    assert users.stored()["ada@example.com"]["role"] == "admin"
    assert "canary" not in made.output
    sign_in(users, BEN)

    other = users.prove({"email": "BEN@example.com", "name": "Benjamin", "role": "pending"})
    assert users.entry(other)["changed"] == ["name", "role"]
    assert other.diff["before"]["ben@example.com"] == {"name": "Ben", "role": "user"}
    assert users.stored()["ben@example.com"]["role"] == "pending"

    assert actions(users.prove({"email": "ben@example.com", "state": "absent"}), "users") == ["removed"]
    assert set(users.stored()) == {"admin@example.com", "ada@example.com"}


@pytest.mark.every_version
def test_what_is_changed_by_hand_is_mended_and_nothing_else(users: Declared) -> None:
    users.do(ADA, BEN)
    path = f"/api/v1/users/{users.stored()['ben@example.com']['id']}/update"
    call(users.admin, "POST", path, {"name": "By hand", "role": "boss"})
    mended = users.prove(ADA, {**BEN, "role": "user"})
    assert actions(mended, "users") == ["none", "updated"]
    assert users.entry(mended, 1)["changed"] == ["name", "role"]
    sign_in(users, BEN)


def test_what_a_task_does_not_name_stays(users: Declared) -> None:
    users.do(ADA)
    result = users.prove({"email": "ada@example.com", "name": "Countess"})
    assert users.entry(result)["changed"] == ["name"]
    assert users.stored()["ada@example.com"]["role"] == "admin"
    assert users.do({**BEN, "email": "ada@example.com", "name": "Countess"}) == ["none"], "a password is not compared"
    sign_in(users, ADA)


def test_a_password_that_is_always_written(users: Declared) -> None:
    users.do(BEN)
    other = {**BEN, "password": "canary-other", "update_password": "always"}
    assert users.entry(users.run(other, check=True))["changed"] == ["password"]
    sign_in(users, BEN)
    for _run in range(2):
        result = users.run(other)
        assert users.entry(result)["changed"] == ["password"]
        assert result.diff["after"]["ben@example.com"]["password"] == "as the task has it"
        assert "canary" not in result.output
    sign_in(users, other)
    with pytest.raises(requests.HTTPError):
        sign_in(users, BEN)


@pytest.mark.parametrize("token", [True, False])
def test_a_new_password_of_the_account_that_is_signed_in(users: Declared, token: bool) -> None:
    users.do(ADA)
    other = {**ADA, "password": "canary-other", "update_password": "always"}
    by_password: dict[str, Any] = {"api_email": ADA["email"], "api_password": ADA["password"], "api_token": ""}
    arguments = sign_in(users, ADA) if token else by_password
    assert actions(users.run(other, BEN, **arguments), "users") == ["updated", "created"]
    sign_in(users, other)
    # What lets the task in is what the account has.
    again = users.run(other, **{**by_password, "api_password": other["password"]})
    assert not again.changed, again.diff


@pytest.mark.parametrize("key", [True, False])
def test_exclusive_keeps_the_first_admin_and_the_one_that_is_signed_in(users: Declared, key: bool) -> None:
    users.do(ADA, BEN, {**ADA, "email": "eve@example.com"})
    session = sign_in(users, ADA)
    if key:
        call(users.admin, "POST", "/api/v1/configs/import", {"config": {"auth.enable_api_keys": True}})
        session["api_token"] = call(session, "POST", "/api/v1/auths/api_key")["api_key"]
    removed = users.prove(exclusive=True, **session)
    assert {entry["name"] for entry in removed.values["users"]} == {"eve@example.com", "ben@example.com"}
    assert set(users.stored()) == {"admin@example.com", "ada@example.com"}


def test_a_key_of_which_nobody_knows_whose_it_is(users: Declared) -> None:
    users.do(ADA)
    session = sign_in(users, ADA)
    settings = {"auth.enable_api_keys": True, "users.enable_status": False}
    call(users.admin, "POST", "/api/v1/configs/import", {"config": settings})
    session["api_token"] = call(session, "POST", "/api/v1/auths/api_key")["api_key"]
    result = users.run(exclusive=True, check=True, **session)
    call(users.admin, "POST", "/api/v1/configs/import", {"config": {"users.enable_status": True}})
    # Old servers tell it in another place too.
    if call(users.admin, "GET", "/api/config")["version"] == "0.10.2":
        assert actions(result, "users") == []
    else:
        assert "does not tell whose API key this is: sign in with a password" in result.message


def test_nobody_is_locked_out(users: Declared) -> None:
    users.do(ADA)
    session = sign_in(users, ADA)
    refused = [
        ({"email": "ADMIN@example.com", "state": "absent"}, "'admin@example.com' is the first admin: it cannot be"),
        ({"email": "admin@example.com", "role": "user"}, "'admin@example.com' is the first admin: its role must"),
        ({"email": "admin@example.com", "name": "Other"}, "only that itself can change it: sign in with it"),
        ({**ADA, "state": "absent"}, "'ada@example.com' is the one that is signed in: it cannot be removed"),
        ({**ADA, "role": "pending"}, "'ada@example.com' is the one that is signed in: its role must stay admin"),
    ]
    for thing, sentence in refused:
        for check in (True, False):
            result = users.run(BEN, thing, check=check, **session)
            assert result.failed
            assert sentence in result.message
            assert "Nothing was changed" in result.message
    assert set(users.stored()) == {"admin@example.com", "ada@example.com"}


def test_what_the_server_refuses_is_told_with_its_reason(users: Declared) -> None:
    result = users.run(BEN, {**ADA, "password": "canary-too-long-" * 5})
    assert result.failed
    assert "The account 'ada@example.com' of" in result.message
    assert "was not created" in result.message
    assert "less than 72 bytes" in result.message
    assert "canary" not in result.output
    assert [entry["name"] for entry in result.values["users"]] == ["ben@example.com"]


def test_names_with_slashes_quotes_and_emoji(users: Declared) -> None:
    odd = {**BEN, "email": "o'neil+x/y@example.com", "name": "a/b \"c\" 'd' 🦙"}
    assert actions(users.prove(odd), "users") == ["created"]
    assert users.stored()[odd["email"]]["name"] == odd["name"]


def test_somebody_who_is_no_admin_is_refused_in_one_sentence(users: Declared) -> None:
    users.do(BEN)
    result = users.run(ADA, **sign_in(users, BEN))
    assert result.message.startswith("ben@example.com is no admin of Open WebUI at http://")
    result = users.run(ADA, api_token="", api_email=BEN["email"], api_password=BEN["password"])
    assert "but its role is user: let an admin make it one" in result.message


@pytest.mark.parametrize(
    ("things", "sentence"),
    [
        ([{"email": "new@example.com"}], "'new@example.com' is new and has no password: give it one"),
        ([{"email": "new@example.com", "password": ""}], "'new@example.com' is new and has no password"),
        ([{**BEN, "role": "boss"}], "value of role must be one of: user, admin, pending, got: boss"),
        ([{"email": "nobody", "password": "canary"}], "The account 'nobody': its email must look like me@example.com"),
        ([BEN, {**BEN, "email": "Ben@Example.com"}], "The list names the account 'ben@example.com' twice"),
        ([{"email": "new@example.com", "update_password": "always"}], "update_password is always but all of the"),
    ],
)
def test_what_cannot_be_right_is_refused(users: Declared, things: list[dict[str, Any]], sentence: str) -> None:
    for check in (True, False):
        result = users.run(*things, check=check)
        assert result.failed
        assert sentence in result.message
    assert set(users.stored()) == {"admin@example.com"}
