"""open_webui_user on a real Open WebUI that has no account yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from modules import Result, run_module
from servers import fresh_open_webui

EMAIL = "Admin@Example.com"
PASSWORD = "canary-first-admin"


@pytest.fixture(scope="module")
def url(services: dict[str, Any]) -> Iterator[str]:
    with fresh_open_webui(services) as fresh:
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
