"""A secret is told of, and never told."""

from __future__ import annotations

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.secret import told


@pytest.mark.parametrize(
    ("value", "before", "words"),
    [
        ("", "", "not set"),
        (None, "canary", "not set"),
        ("canary", "canary", "set"),
        ("canary", "", "set"),
        ("canary", None, "set"),
        ("canary", "another", "set to something else"),
    ],
)
def test_what_is_said(value: str | None, before: str | None, words: str) -> None:
    assert told(value, before) == words
