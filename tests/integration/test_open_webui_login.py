"""open_webui_login on a real Open WebUI whose admin exists, and what tells the other modules who is there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from fault_proxy import between
from modules import Result, run_module
from servers import call, container, wait_for

EVE = {"email": "eve@example.com", "name": "Eve", "password": "canary-eve"}


@pytest.mark.every_version
@pytest.mark.parametrize("check", [True, False])
def test_the_token_opens_the_server_to_the_other_modules(account: dict[str, str], check: bool) -> None:
    login = run_module("open_webui_login", account, check=check, verbosity=3)
    assert not login.changed
    assert login.values["user"] == {"email": "admin@example.com", "name": "Admin", "role": "admin"}
    assert "api_key" not in login.values
    assert account["api_password"] not in login.output
    session = {"api_url": account["api_url"], "api_token": login.values["token"]}
    assert not run_module("open_webui_settings", {**session, "settings": {}}).failed


def test_a_wrong_password_is_refused_in_one_sentence(account: dict[str, str]) -> None:
    login = run_module("open_webui_login", {**account, "api_password": "canary-wrong"})
    assert login.failed
    assert "does not let admin@example.com sign in" in login.message
    assert "canary-wrong" not in login.output


def test_one_sign_in_too_many_is_explained(account: dict[str, str]) -> None:
    stranger = {"email": "somebody@example.com", "password": "canary-wrong"}
    for _attempt in range(15):
        requests.post(f"{account['api_url']}/api/v1/auths/signin", json=stranger, timeout=30)
    login = run_module("open_webui_login", {**account, "api_email": stranger["email"]})
    assert login.failed
    assert "has seen too many sign-ins of somebody@example.com: wait three minutes" in login.message


def store(admin: dict[str, str], **settings: Any) -> None:
    """Store settings by their stored names, with two underscores for a dot."""
    config = {name.replace("__", "."): value for name, value in settings.items()}
    call(admin, "POST", "/api/v1/configs/import", {"config": config})


@pytest.fixture
def eve(admin: dict[str, str]) -> Iterator[dict[str, str]]:
    """Options that name another admin with a password, on a server that allows API keys."""
    store(admin, auth__enable_api_keys=True)
    user = call(admin, "POST", "/api/v1/auths/add", {**EVE, "role": "admin"})
    yield {"api_url": admin["api_url"], "api_email": EVE["email"], "api_password": EVE["password"]}
    call(admin, "DELETE", f"/api/v1/users/{user['id']}")


def list_users(admin: dict[str, str], token: str) -> Result:
    """What a module comes to that is given `token`."""
    return run_module("open_webui_user", {"api_url": admin["api_url"], "api_token": token, "users": []})


@pytest.mark.every_version
def test_an_api_key_is_made_kept_and_removed(admin: dict[str, str], eve: dict[str, str]) -> None:
    present, absent = {**eve, "api_key": "present"}, {**eve, "api_key": "absent"}
    promised = run_module("open_webui_login", present, check=True)
    assert promised.changed
    assert promised.diff["after"] == {"api_key": "present"}
    assert "api_key" not in promised.values
    assert not run_module("open_webui_login", absent).changed, "check mode made a key"

    made = run_module("open_webui_login", present)
    assert made.changed
    assert made.diff == promised.diff
    key = made.values["api_key"]
    for check in (True, False):
        again = run_module("open_webui_login", present, check=check)
        assert (again.changed, again.values["api_key"]) == (False, key)
    assert not list_users(admin, key).failed

    assert run_module("open_webui_login", absent, check=True).changed
    assert not list_users(admin, key).failed, "check mode removed the key"
    assert run_module("open_webui_login", absent).changed
    again = run_module("open_webui_login", absent)
    assert not again.changed
    assert "api_key" not in again.values
    revoked = list_users(admin, key)
    assert "does not accept the API key or session token" in revoked.message
    assert "Sign in again, or give another api_token" in revoked.message


def test_a_server_without_api_keys_is_explained(admin: dict[str, str], eve: dict[str, str]) -> None:
    key = run_module("open_webui_login", {**eve, "api_key": "present"}).values["api_key"]
    store(admin, auth__enable_api_keys=False)
    for wanted in ("present", "absent"):
        login = run_module("open_webui_login", {**eve, "api_key": wanted})
        assert login.failed
        assert "set ENABLE_API_KEYS to true with selfhosted.llm.open_webui_settings" in login.message
    assert "takes no API keys: set ENABLE_API_KEYS to true" in list_users(admin, key).message


def give_role(admin: dict[str, str], email: str, role: str) -> None:
    users = call(admin, "GET", "/api/v1/users/all")["users"]
    (user_id,) = (user["id"] for user in users if user["email"] == email)
    call(admin, "POST", f"/api/v1/users/{user_id}/update", {"role": role})


def test_an_account_that_may_have_no_api_key(admin: dict[str, str], eve: dict[str, str]) -> None:
    give_role(admin, EVE["email"], "user")
    login = run_module("open_webui_login", {**eve, "api_key": "present"})
    assert "an account that is no admin also needs the permission features.api_keys" in login.message


def test_a_session_that_has_expired(admin: dict[str, str], eve: dict[str, str]) -> None:
    store(admin, auth__jwt_expiry="1s")
    token = run_module("open_webui_login", eve).values["token"]
    store(admin, auth__jwt_expiry="4w")
    time.sleep(2)
    result = list_users(admin, token)
    assert "does not accept the API key or session token" in result.message


@pytest.mark.parametrize("token", ["sk-nonsense", "nonsense", "a.b.c"])
def test_a_token_that_nobody_gave(admin: dict[str, str], token: str) -> None:
    result = list_users(admin, token)
    assert "does not accept the API key or session token" in result.message
    assert token not in result.message


# What each module takes that lists nothing.
NOTHING: dict[str, dict[str, Any]] = {
    **{
        f"open_webui_{option.removesuffix('s')}": {option: []}
        for option in ("users", "groups", "connections", "models", "prompts", "knowledge", "tools", "functions")
    },
    "open_webui_settings": {"settings": {}},
    "open_webui_info": {},
}


@pytest.mark.every_version
@pytest.mark.parametrize("role", ["user", "pending"])
def test_every_module_refuses_the_token_of_who_is_no_admin(
    admin: dict[str, str], office: dict[str, dict[str, str]], role: str
) -> None:
    give_role(admin, "inside@example.com", role)
    for module, arguments in NOTHING.items():
        result = run_module(module, {**arguments, **office["inside"]}, through_ansible=False)
        assert result.message == (
            f"inside@example.com is no admin of Open WebUI at {admin['api_url']}, and sees only what is its own or"
            " shared with it: give the api_token, or the api_email and api_password, of an admin."
        )


def test_the_password_and_the_api_key_of_who_is_no_admin(admin: dict[str, str], eve: dict[str, str]) -> None:
    give_role(admin, EVE["email"], "user")
    may_have_keys = {"name": "keys", "members": [EVE["email"]], "permissions": {"features": {"api_keys": True}}}
    run_module("open_webui_group", {**admin, "groups": [may_have_keys]})
    login = run_module("open_webui_login", {**eve, "api_key": "present"})
    assert login.values["user"]["role"] == "user"
    for account in (eve, {"api_url": admin["api_url"], "api_token": login.values["api_key"]}):
        result = run_module("open_webui_prompt", {**account, "prompts": []})
        assert result.message.startswith("eve@example.com is no admin of Open WebUI at http://")
    run_module("open_webui_group", {**admin, "groups": [{"name": "keys", "state": "absent"}]})


def test_who_is_no_admin_costs_an_admin_nothing(admin: dict[str, str]) -> None:
    with between(admin["api_url"]) as (url, proxy):
        assert not list_users({"api_url": url}, admin["api_token"]).failed
    assert proxy.requests == ["GET /api/events HTTP/1.1", "GET /api/v1/users/all HTTP/1.1"]


@pytest.fixture
def key(admin: dict[str, str]) -> Iterator[str]:
    """An API key of the admin, on a server that restricts keys to the paths of the API."""
    store(admin, auth__enable_api_keys=True)
    key = call(admin, "POST", "/api/v1/auths/api_key")["api_key"]
    store(admin, auth__api_key__endpoint_restrictions=True, auth__api_key__allowed_endpoints="/api/v1")
    yield key
    store(admin, auth__api_key__endpoint_restrictions=False)


def test_an_api_key_that_may_not_ask_for_everything(admin: dict[str, str], key: str) -> None:
    assert not list_users(admin, key).failed
    store(admin, auth__api_key__allowed_endpoints="/api/v1/prompts")
    assert "with a password instead of an API key where ENABLE_API_KEYS_ENDPOINT" in list_users(admin, key).message


def test_an_api_key_goes_on_where_passwords_are_of_no_use(services: dict[str, Any]) -> None:
    volume = f"{services['prefix']}-api-key"
    arguments = [f"--volume={volume}:/app/backend/data", "--env=WEBUI_SECRET_KEY=canary-secret-key"]
    admin = {"api_email": "admin@example.com", "api_password": "canary-admin"}
    image = services["images"]["open-webui"]
    try:
        with container(image, 8080, *arguments, "--env=ENABLE_API_KEYS=true") as url:
            wait_for(f"{url}/ready")
            run_module("open_webui_user", {"api_url": url, **admin})
            key = run_module("open_webui_login", {"api_url": url, **admin, "api_key": "present"}).values["api_key"]
        with container(image, 8080, *arguments, "--env=ENABLE_PASSWORD_AUTH=false") as url:
            wait_for(f"{url}/ready")
            login = run_module("open_webui_login", {"api_url": url, **admin})
            assert "lets nobody sign in with a password" in login.message
            assert "give an API key of an admin as api_token" in login.message
            people = [{"email": "ben@example.com", "password": "canary-ben"}]
            assert run_module("open_webui_user", {"api_url": url, "api_token": key, "users": people}).changed
    finally:
        subprocess.run(["docker", "volume", "rm", volume], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("200 OK", "answered GET /api/config with something else than JSON: is Open WebUI there? It began: '<html>"),
        (
            "404 Not Found",
            "answers, but not as Open WebUI does (GET /api/config: 404): is api_url right, and is Open WebUI running",
        ),
        (
            "502 Bad Gateway",
            "answers, but not as Open WebUI does (GET /api/config: 502): is api_url right, and is Open WebUI running",
        ),
    ],
)
def test_a_page_of_a_proxy_in_place_of_json(account: dict[str, str], status: str, sentence: str) -> None:
    page = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n<html>Welcome to nginx!\n\n\n"
    with between(account["api_url"], answer=page.encode()) as (url, _proxy):
        login = run_module("open_webui_login", {**account, "api_url": url})
    assert login.failed
    assert sentence in login.message
    assert account["api_password"] not in login.output


def test_a_path_that_is_not_the_servers_own(account: dict[str, str]) -> None:
    login = run_module("open_webui_login", {**account, "api_url": f"{account['api_url']}/chat"})
    assert "with something else than JSON: is Open WebUI there?" in login.message


def test_another_service_at_the_address(account: dict[str, str], services: dict[str, Any]) -> None:
    login = run_module("open_webui_login", {**account, "api_url": services["ollama_url"]})
    assert "answers, but not as Open WebUI does (GET /api/config: 404)" in login.message
