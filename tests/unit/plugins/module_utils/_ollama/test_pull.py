"""The stream of a pull. Its lines are those that Ollama 0.24.0 writes (see the texts of each case)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import Unreachable
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull import Progress, PullPaused, follow
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull_errors import PullFailed, explain

NAME = parse("registry.example.com/library/llama3")
MANIFEST = {"status": "pulling manifest"}
SUCCESS = {"status": "success"}


class Clock:
    """Counts as many seconds as it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def read(lines: Iterable[dict[str, Any]], *, pause: bool = False) -> Progress:
    """What is known of a pull after these lines."""
    progress = Progress(Clock())
    follow(lines, NAME, progress, 300, lambda: pause)
    return progress


def ticking(lines: Iterable[dict[str, Any]], clock: Clock, seconds: float) -> Iterator[dict[str, Any]]:
    """Lines so many seconds apart."""
    for line in lines:
        clock.now += seconds
        yield line


def layer(completed: int) -> dict[str, Any]:
    return {"status": "pulling 6a0746a1ec1a", "digest": "sha256:6a07", "total": 100, "completed": completed}


def test_success_is_the_last_line() -> None:
    progress = read([MANIFEST, layer(0), layer(100), SUCCESS])
    assert (progress.completed, progress.total, progress.fetched) == (100, 100, 100)


@pytest.mark.parametrize("lines", [[], [MANIFEST], [SUCCESS, {"status": "verifying sha256 digest"}]])
def test_an_end_without_success_is_a_failure(lines: list[dict[str, Any]]) -> None:
    with pytest.raises(PullFailed, match="broke off after") as caught:
        read(lines)
    assert caught.value.transient


def test_an_error_in_the_stream_is_a_failure_although_the_server_said_200() -> None:
    with pytest.raises(PullFailed, match="has no such model or tag"):
        read([MANIFEST, {"error": "pull model manifest: file does not exist"}])


def test_a_connection_that_breaks_says_that_nothing_is_lost() -> None:
    def lines() -> Iterator[dict[str, Any]]:
        yield MANIFEST
        raise Unreachable("Ollama at http://127.0.0.1:11434 broke off")

    with pytest.raises(PullFailed, match="what was fetched is kept") as caught:
        read(lines())
    assert caught.value.transient


def test_what_the_server_had_before_was_not_fetched() -> None:
    assert read([MANIFEST, layer(60), layer(100), SUCCESS]).fetched == 40


def test_figures_that_stand_still_end_the_pull() -> None:
    clock = Clock()
    progress = Progress(clock)
    with pytest.raises(PullFailed, match=r"nothing came from the registry registry\.example\.com for 300 seconds"):
        follow(ticking([layer(10)] * 5, clock, 100), NAME, progress, 300, lambda: False)
    assert clock.now == 500


def test_silence_of_before_counts() -> None:
    clock = Clock()
    progress = Progress(clock, quiet=250)
    assert progress.quiet == 250
    with pytest.raises(PullFailed, match="for 300 seconds"):
        follow(ticking([{}] * 5, clock, 26), NAME, progress, 300, lambda: False)
    assert clock.now == 52


def test_a_new_stream_of_a_pull_that_stands_still_is_no_move() -> None:
    """Each slice begins with lines that look new."""
    clock = Clock()
    progress = Progress(clock, quiet=290, known={"sha256:6a07": 10})
    with pytest.raises(PullFailed, match="for 300 seconds"):
        follow(ticking([MANIFEST, layer(10), layer(10), layer(10)], clock, 5), NAME, progress, 300, lambda: False)
    assert clock.now == 15


def test_a_pull_is_not_left_between_the_layers_that_only_its_own_stream_verifies() -> None:
    other = {"status": "pulling b", "digest": "sha256:b", "total": 100, "completed": 5}
    progress = Progress(Clock())
    for line in (layer(10), layer(100), other):
        progress.see(line)
    assert not progress.is_between_bytes


def test_a_slow_pull_that_moves_goes_on() -> None:
    clock = Clock()
    lines = [*map(layer, range(100)), SUCCESS]
    follow(ticking(lines, clock, 299), NAME, Progress(clock), 300, lambda: False)


def test_a_server_that_is_silent_while_it_verifies_may_be_asked_again() -> None:
    clock = Clock()

    def lines() -> Iterator[dict[str, Any]]:
        yield {"status": "verifying sha256 digest"}
        clock.now = 300
        raise Unreachable("silent")

    with pytest.raises(PullFailed, match="last status: verifying sha256 digest") as caught:
        follow(lines(), NAME, Progress(clock), 300, lambda: False)
    assert caught.value.transient


def test_a_figure_that_is_null_counts_as_none() -> None:
    read([{"status": "pulling", "digest": "sha256:6a07", "completed": None}, SUCCESS])


@pytest.mark.parametrize("lines", [[MANIFEST], [MANIFEST, layer(10)]])
def test_a_pull_that_waits_for_bytes_is_left_when_asked(lines: list[dict[str, Any]]) -> None:
    with pytest.raises(PullPaused):
        read([*lines, SUCCESS], pause=True)


@pytest.mark.parametrize("status", ["verifying sha256 digest", "writing manifest"])
def test_a_pull_that_has_all_bytes_is_not_left(status: str) -> None:
    read([layer(100), {"status": status}, SUCCESS], pause=True)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("pull model manifest: file does not exist", "check the spelling"),
        ("file does not exist", "lacks a part of it"),
        ('Get "https://x/v2/": dial tcp: lookup x: no such host', "cannot be resolved"),
        ("dial tcp: lookup x on 10.0.0.1:53: no such host", "cannot be resolved"),
        ("dial tcp: lookup x on 10.0.0.1:53: read udp 10.0.0.2:5->10.0.0.1:53: connection refused", "the name server"),
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
    text = str(explain(raw, NAME))
    assert sentence in text
    assert raw in text
    assert "registry.example.com/library/llama3:latest" in text


@pytest.mark.parametrize(
    ("raw", "transient"),
    [
        ("pull model manifest: file does not exist", False),
        ("pull model manifest: 503: ", True),
        ("max retries exceeded: EOF", True),
        ("dial tcp: lookup x on 10.0.0.1:53: no such host", False),
        ("dial tcp: lookup x on 10.0.0.1:53: read udp 10.0.0.2:5->10.0.0.1:53: connection refused", True),
        ("dial tcp: lookup x on 10.0.0.1:53: read udp 10.0.0.2:5->10.0.0.1:53: i/o timeout", True),
        ("digest mismatch, file must be downloaded again", True),
        ("no space left on device", False),
        ("something that nobody has seen yet", False),
    ],
)
def test_what_may_pass_is_told_from_what_does_not(raw: str, transient: bool) -> None:
    assert explain(raw, NAME).transient is transient
