"""What is this machine, and what lies at the bottom of a wrapped error."""

from __future__ import annotations

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput, Unreachable
from ansible_collections.selfhosted.llm.plugins.module_utils._http import (
    Client,
    Connection,
    Service,
    innermost,
    is_loopback,
)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.0.0.2", "::1"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["example.com", "localhost.example.com", "192.168.1.2", "0.0.0.0", "::"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("url", ["127.0.0.1:11434", "ftp://host", "http://", "http://[::1", ""])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="api_url"):
        Client(Connection(url, None, True, 5), Service("Ollama"))


def test_a_timeout_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="timeout is 0"):
        Client(Connection("http://127.0.0.1:1", None, True, 0), Service("Ollama"))


def test_a_file_of_authorities_that_is_missing_is_a_sentence() -> None:
    client = Client(Connection("https://127.0.0.1:1", None, "/no/such/file.pem", 5), Service("Ollama"))
    with pytest.raises(Unreachable, match=r"/no/such/file\.pem"):
        client.request("GET", "/")


def test_the_operating_systems_words_are_found_under_two_layers() -> None:
    def wrapped() -> None:
        try:
            raise OSError("connection refused")
        except OSError as error:
            raise RuntimeError("middle") from error

    with pytest.raises(RuntimeError) as caught:
        wrapped()
    outer = ValueError("outer")
    outer.reason = caught.value  # type: ignore[attr-defined]
    assert innermost(outer) == "connection refused"


def test_an_attempt_that_came_before_is_no_cause() -> None:
    """As urllib3 1.26 asks for an answer in a newer way first."""

    def asked_in_two_ways() -> None:
        try:
            raise TypeError("unexpected keyword")
        except TypeError:
            raise OSError("closed") from None

    with pytest.raises(OSError, match="closed") as caught:
        asked_in_two_ways()
    assert innermost(caught.value) == "closed"
