"""The stream of an answer. Its lines are those that Ollama 0.24.0 writes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.answer import read

END = {
    "message": {"role": "assistant", "content": ""},
    "done": True,
    "done_reason": "stop",
    "load_duration": 1_500_000_000,
    "prompt_eval_count": 5,
    "eval_count": 10,
    "eval_duration": 2_000_000_000,
}


def word(text: str, **more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": text, **more}, "done": False}


def test_words_and_figures() -> None:
    answer = read([word("", thinking="Hm. "), word("I am"), word(" here."), END], "m")
    assert (answer.content, answer.thinking, answer.done_reason) == ("I am here.", "Hm. ", "stop")
    assert (answer.prompt_tokens, answer.answer_tokens, answer.load_seconds) == (5, 10, 1.5)
    assert answer.tokens_per_second == 5.0


def test_the_first_token_is_timed_from_the_question_on() -> None:
    clock = iter([100.0, 101.5]).__next__
    empty = {"message": {"role": "assistant", "content": ""}, "done": False}
    assert read([empty, word("", thinking="Hm. "), word("I"), END], "m", clock).first_token_seconds == 1.5
    assert read([{"done": True}], "m").first_token_seconds == 0.0


def test_an_answer_without_a_word_has_no_speed() -> None:
    assert read([{"done": True, "done_reason": "load"}], "m").tokens_per_second == 0.0


@pytest.mark.parametrize("lines", [[], [word("I am")]])
def test_an_answer_that_breaks_off(lines: list[dict[str, Any]]) -> None:
    with pytest.raises(ApiError, match="Model 'm' did not answer to the end"):
        read(lines, "m")


def test_an_error_in_the_stream() -> None:
    with pytest.raises(ApiError, match="Model 'm' did not answer: out of memory"):
        read([word("I am"), {"error": "out of memory"}], "m")
