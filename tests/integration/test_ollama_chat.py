"""ollama_chat on a real Ollama with models that answer."""

from __future__ import annotations

from typing import Any

import pytest
from fault_proxy import between
from modules import Result, run_module
from servers import OllamaServer


def chat(url: str, *names: str, check: bool = False, **arguments: Any) -> Result:
    return run_module("ollama_chat", {"api_url": url, "name": names, **arguments}, check=check)


@pytest.fixture
def talkative(ollama_server: OllamaServer) -> OllamaServer:
    """A server with two models."""
    ollama_server.stock("llama3", "mistral")
    return ollama_server


def test_each_model_answers_in_its_own_words(talkative: OllamaServer) -> None:
    result = chat(talkative.url, "llama3", "mistral", prompt="Who are you?")
    assert not result.failed, result.message
    assert not result.changed
    llama, mistral = result.values["answers"]
    assert llama["content"].strip().startswith("I am a llama made of paper")
    assert mistral["content"].strip().startswith("A northern wind")
    for answer in (llama, mistral):
        assert answer["done_reason"] == "stop"
        assert answer["answer_tokens"] > 5
        assert answer["prompt_tokens"] > 0
        assert answer["tokens_per_second"] > 0
        # It waits for the model to be loaded.
        assert answer["first_token_seconds"] > answer["load_seconds"] > 0


def test_parameters_and_a_conversation(talkative: OllamaServer) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    messages.append({"role": "user", "content": "Who?"})
    [answer] = chat(talkative.url, "llama3", messages=messages, parameters={"num_predict": "2"}).values["answers"]
    assert (answer["done_reason"], answer["answer_tokens"]) == ("length", 2)


def test_one_that_does_not_answer_keeps_no_other_from_it(talkative: OllamaServer) -> None:
    result = chat(talkative.url, "no-such-model", "llama3", prompt="Who are you?")
    assert result.failed
    assert result.message.startswith("Model 'no-such-model:latest' did not answer: ")
    missing, llama = result.values["answers"]
    assert "not found" in missing["error"]
    assert llama["content"].strip().startswith("I am a llama")


def test_in_check_mode_nobody_is_asked(talkative: OllamaServer) -> None:
    with between(talkative.url) as (url, proxy):
        result = chat(url, "llama3", prompt="Who are you?", check=True)
    assert (result.values["answers"], proxy.requests) == ([], [])


def test_an_answer_that_breaks_off(talkative: OllamaServer) -> None:
    with between(talkative.url, where=b"/api/chat", cut_after=400) as (url, _proxy):
        result = chat(url, "llama3", prompt="Who are you?")
    assert result.failed
    assert "Model 'llama3:latest' did not answer" in result.message
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"prompt": "x", "think": True}, "does not support thinking"),
        ({"prompt": "x", "parameters": {"temperature": "hot"}}, "must be a number"),
        ({}, "one of the following is required: prompt, messages"),
        ({"prompt": "x", "messages": [{"role": "user", "content": "x"}]}, "mutually exclusive"),
        ({"prompt": "x", "answer_timeout": 0}, "answer_timeout is 0"),
    ],
)
def test_what_cannot_be_right_is_refused(talkative: OllamaServer, arguments: dict[str, Any], sentence: str) -> None:
    result = chat(talkative.url, "llama3", **arguments)
    assert result.failed
    assert sentence in result.message
