"""open_webui_login on a real Open WebUI whose admin exists."""

from __future__ import annotations

import pytest
import requests
from modules import run_module


@pytest.mark.parametrize("check", [True, False])
def test_the_token_opens_the_server_to_the_other_modules(account: dict[str, str], check: bool) -> None:
    login = run_module("open_webui_login", account, check=check, verbosity=3)
    assert not login.changed
    assert login.values["user"] == {"email": "admin@example.com", "name": "Admin", "role": "admin"}
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
