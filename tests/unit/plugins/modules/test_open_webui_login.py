"""What becomes of an account's API key, and when nobody asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api import keys
from ansible_collections.selfhosted.llm.plugins.modules.open_webui_login import keep_key


class Server:
    url = "http://chat"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the server, in turn."""
    made: list[str] = []

    def answering(name: str, answer: str | None) -> Any:
        def call(_server: Any) -> str | None:
            made.append(name)
            return answer

        return call

    for name, answer in {"read": "there", "make": "new", "remove": None}.items():
        monkeypatch.setattr(keys, name, answering(name, answer))
    return made


def test_nobody_asks_for_a_key_that_the_task_does_not_name(calls: list[str]) -> None:
    difference, key = keep_key(Server(), None, check=False)  # type: ignore[arg-type]
    assert (difference.changed, key, calls) == (False, None, [])


def test_a_key_that_is_there_is_kept(calls: list[str]) -> None:
    difference, key = keep_key(Server(), "present", check=False)  # type: ignore[arg-type]
    assert (difference.changed, key, calls) == (False, "there", ["read"])


@pytest.mark.parametrize(("check", "key", "asked"), [(False, "new", ["make"]), (True, None, [])])
def test_a_key_that_is_not_there_is_made(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, check: bool, key: str | None, asked: list[str]
) -> None:
    monkeypatch.setattr(keys, "read", lambda _server: None)
    difference, found = keep_key(Server(), "present", check=check)  # type: ignore[arg-type]
    assert (difference.changed, found, calls) == (True, key, asked)


@pytest.mark.parametrize(("check", "asked"), [(False, ["read", "remove"]), (True, ["read"])])
def test_a_key_that_is_not_to_be_there_goes(calls: list[str], check: bool, asked: list[str]) -> None:
    difference, key = keep_key(Server(), "absent", check=check)  # type: ignore[arg-type]
    assert (difference.changed, key, calls) == (True, None, asked)
