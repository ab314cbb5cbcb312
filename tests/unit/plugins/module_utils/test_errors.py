"""Sentences end as sentences do."""

from __future__ import annotations

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, stopped


@pytest.mark.parametrize("text", ["It is gone.", "Is it running?"])
def test_what_ends_a_sentence_stays(text: str) -> None:
    assert stopped(text) == text


def test_what_has_no_end_gets_one() -> None:
    assert stopped(ApiError("no space left on device")) == "no space left on device."
