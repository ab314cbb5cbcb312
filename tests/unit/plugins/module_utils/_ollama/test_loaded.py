"""Models in memory: for how long, and whether anything has to be done."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.loaded import (
    Wanted,
    from_reply,
    is_to_load,
    keep_alive_from,
    unsettled,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse

# As Ollama 0.24.0 lists one that stays for five minutes, and one that stays.
REPLY = {"name": "llama3:latest", "digest": "ab", "size": 7, "size_vram": 3, "context_length": 4096}
SOON = {**REPLY, "expires_at": "2026-11-24T02:07:04.681752772Z"}
NEVER = {**REPLY, "expires_at": "2319-03-06T01:59:59.681752772Z"}


@pytest.mark.parametrize(
    ("text", "sent"),
    [(None, None), ("30m", "30m"), ("1h30m", "1h30m"), ("-1m", "-1m"), ("-1", -1.0), ("600", 600.0), ("0.5", 0.5)],
)
def test_a_number_goes_as_a_number_and_a_time_as_it_is(text: str | None, sent: Any) -> None:
    assert keep_alive_from(text) == sent


@pytest.mark.parametrize("text", ["soon", "30 m", "", "m", "1d"])
def test_what_the_server_would_refuse(text: str) -> None:
    with pytest.raises(InvalidInput, match="keep_alive is"):
        keep_alive_from(text)


@pytest.mark.parametrize(
    ("running", "keep_alive", "needed"),
    [
        (None, None, True),
        (SOON, None, False),
        (SOON, "10m", False),
        (SOON, -1.0, True),
        (SOON, "-1m", True),
        (NEVER, -1.0, False),
        (NEVER, None, False),
        (NEVER, 600.0, True),
    ],
)
def test_whether_anything_has_to_be_done(running: dict[str, Any] | None, keep_alive: Any, needed: bool) -> None:
    there = {parse("llama3").key: from_reply(running)} if running else {}
    assert is_to_load(Wanted(parse("llama3"), True, keep_alive), there) is needed


def test_an_old_server_tells_less() -> None:
    old = {key: SOON[key] for key in ("name", "digest", "size", "expires_at")}
    result = from_reply(old).to_result()
    assert (result["name"], result["size_vram"], result["context_length"]) == ("llama3:latest", 0, None)


def test_a_model_that_does_not_stay_yet_as_was_asked() -> None:
    asked = [Wanted(parse("llama3"), True, -1.0), Wanted(parse("mistral"), True, -1.0)]
    assert unsettled(asked, {}) == [], "what is not in memory will never say anything else"
    assert unsettled(asked, {parse("llama3").key: from_reply(SOON)}) == [parse("llama3")]
    assert unsettled(asked, {parse("llama3").key: from_reply(NEVER)}) == []
