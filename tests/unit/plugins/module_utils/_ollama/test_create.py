"""A model is made when the server says so at the end, whatever it said before."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.create import CreateFailed, follow_create


def test_success_is_the_last_word() -> None:
    follow_create([{"status": "using existing layer"}, {"status": "success"}], "mine")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "Model 'mine' was not made: the server broke off after 'nothing'."),
        ([{"status": "success"}, {"status": "writing"}], "the server broke off after 'writing'."),
        ([{"status": "parsing"}, {"error": "no space"}], "Model 'mine' was not made: Ollama said: no space."),
        ([{"error": "no space"}, {"status": "success"}], "Ollama said: no space."),
    ],
)
def test_anything_else_is_a_failure_with_its_reason(lines: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(CreateFailed) as failed:
        follow_create(lines, "mine")
    assert sentence in str(failed.value)
