"""The stream of a pull. Its lines are those that Ollama 0.24.0 writes (see the texts of each case)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import Unreachable
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull import PullFailed, Watch, explain, follow

NAME = parse("registry.example.com/library/llama3")


class Clock:
    """Counts as many seconds as it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def patient() -> Watch:
    return Watch(300, Clock())


def layer(completed: int) -> dict[str, Any]:
    return {"status": "pulling 6a0746a1ec1a", "digest": "sha256:6a07", "total": 100, "completed": completed}


def test_success_is_the_last_line() -> None:
    follow([{"status": "pulling manifest"}, layer(100), {"status": "success"}], NAME, patient())


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [{"status": "pulling manifest"}],
        [{"status": "success"}, {"status": "verifying sha256 digest"}],
    ],
)
def test_an_end_without_success_is_a_failure(lines: list[dict[str, Any]]) -> None:
    with pytest.raises(PullFailed, match="broke off after"):
        follow(lines, NAME, patient())


def test_an_error_in_the_stream_is_a_failure_although_the_server_said_200() -> None:
    lines = [{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}]
    with pytest.raises(PullFailed, match="has no such model or tag"):
        follow(lines, NAME, patient())


def test_a_connection_that_breaks_says_that_nothing_is_lost() -> None:
    def lines() -> Iterator[dict[str, Any]]:
        yield {"status": "pulling manifest"}
        raise Unreachable("Ollama at http://127.0.0.1:11434 broke off")

    with pytest.raises(PullFailed, match="what was fetched is kept"):
        follow(lines(), NAME, patient())


def test_figures_that_stand_still_end_the_pull() -> None:
    clock = Clock()
    watch = Watch(300, clock)
    watch.see(layer(10), NAME)
    clock.now = 299
    watch.see(layer(10), NAME)
    clock.now = 301
    with pytest.raises(PullFailed, match=r"nothing came from the registry registry\.example\.com for 300 seconds"):
        watch.see(layer(10), NAME)


def test_a_figure_that_is_null_counts_as_none() -> None:
    follow([{"status": "pulling", "digest": "sha256:6a07", "completed": None}, {"status": "success"}], NAME, patient())


def test_a_slow_pull_that_moves_goes_on() -> None:
    clock = Clock()
    watch = Watch(300, clock)
    for completed in range(100):
        clock.now += 299
        watch.see(layer(completed), NAME)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("pull model manifest: file does not exist", "check the spelling"),
        ("file does not exist", "lacks a part of it"),
        ('Get "https://x/v2/": dial tcp: lookup x: no such host', "cannot be resolved"),
        ('Get "https://x/v2/": dial tcp 127.0.0.1:443: connect: connection refused', "refuses connections"),
        ("tls: failed to verify certificate: x509: unknown authority", "ollama_server_ca_bundle"),
        ("http: server gave HTTP response to HTTPS client", "plain HTTP"),
        ("pull model manifest: 412: The model requires a newer version", "upgrade the server"),
        ("pull model manifest: 429: too many requests", "try again later"),
        ("write /root/.ollama/x: no space left on device", "make room"),
        ("digest mismatch, file must be downloaded again", "a proxy damages downloads"),
        ("max retries exceeded: unexpected EOF", "run this again later"),
        ("invalid character '<' looking for beginning of value", "does not answer as a registry"),
        ("something that nobody has seen yet", "Ollama said: something that nobody has seen yet"),
    ],
)
def test_each_cause_has_its_sentence_and_the_server_is_quoted(raw: str, sentence: str) -> None:
    text = explain(raw, NAME)
    assert sentence in text
    assert raw in text
    assert "registry.example.com/library/llama3:latest" in text
