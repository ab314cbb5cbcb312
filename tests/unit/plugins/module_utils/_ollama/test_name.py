"""Two spellings of one model are one model; what Ollama would not take is refused."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse

LETTERS = string.ascii_letters + string.digits


def part(others: str) -> st.SearchStrategy[str]:
    return st.builds(str.__add__, st.sampled_from(LETTERS + "_"), st.text(LETTERS + others, max_size=20))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("llama3", "llama3:latest"),
        ("llama3:latest", "llama3:latest"),
        ("library/llama3", "llama3:latest"),
        ("registry.ollama.ai/library/llama3:latest", "llama3:latest"),
        ("https://registry.ollama.ai/library/llama3", "llama3:latest"),
        ("llama3:local", "llama3:latest"),
        ("llama3.2:1b", "llama3.2:1b"),
        ("someone/llama3", "someone/llama3:latest"),
        ("localhost:5000/library/llama3:8b", "localhost:5000/library/llama3:8b"),
        ("localhost:5000/library/llama3", "localhost:5000/library/llama3:latest"),
        ("hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M", "hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M"),
    ],
)
def test_the_shortest_spelling_is_shown(text: str, shown: str) -> None:
    assert str(parse(text)) == shown


@pytest.mark.parametrize(("one", "other"), [("llama3", "LLaMA3:Latest"), ("hf.co/a/b", "HF.co/A/B:latest")])
def test_case_does_not_tell_models_apart(one: str, other: str) -> None:
    assert parse(one).key == parse(other).key


@pytest.mark.parametrize(
    ("one", "other"), [("llama3.2", "llama3.2:1b"), ("llama3", "llama3.2"), ("llama3", "someone/llama3")]
)
def test_different_models_stay_different(one: str, other: str) -> None:
    assert parse(one).key != parse(other).key


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "model ''"),
        ("bad name", "model 'bad name'"),
        ("llama3:", "tag ''"),
        ("llama3:a b", "tag 'a b'"),
        ("-llama3", "model '-llama3'"),
        ("a.b/llama3", "namespace 'a.b'"),
        ("a/b/c/d", "at most host/namespace/model"),
        ("llama3@sha256:abc", "no digests in names"),
        ("ftp://host/model", "scheme"),
        ("http://model", "scheme"),
        ("m" * 81, "at most 80"),
    ],
)
def test_what_ollama_would_not_take_is_refused_with_the_part_that_is_wrong(text: str, wrong: str) -> None:
    with pytest.raises(InvalidInput, match="Model name") as refusal:
        parse(text)
    assert wrong in str(refusal.value)


@given(host=part("-_.:"), namespace=part("-_"), model=part("-_."), tag=part("-_."))
def test_what_is_shown_spells_the_same_model(host: str, namespace: str, model: str, tag: str) -> None:
    name = parse(f"{host}/{namespace}/{model}:{tag}")
    assert parse(str(name)) == name


@given(st.text())
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        name = parse(text)
    except InvalidInput:
        return
    assert parse(str(name)).key == name.key
