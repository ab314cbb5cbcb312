"""Which site a browser would visit where, and which certificates it believes."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.visit import site_from, trust_from


@pytest.mark.parametrize(
    ("url", "connect_to", "origin", "address"),
    [
        ("http://chat.example.com", None, "http://chat.example.com", ("chat.example.com", 80)),
        ("https://Chat.Example.com/", None, "https://chat.example.com", ("chat.example.com", 443)),
        ("https://chat.example.com:8443", None, "https://chat.example.com:8443", ("chat.example.com", 8443)),
        ("https://chat.example.com", "127.0.0.1:443", "https://chat.example.com", ("127.0.0.1", 443)),
        ("http://[::1]:8080", None, "http://[::1]:8080", ("::1", 8080)),
        ("https://chat.example.com", "[fd00::2]:443", "https://chat.example.com", ("fd00::2", 443)),
    ],
)
def test_a_site_keeps_its_name_wherever_it_is_looked_for(
    url: str, connect_to: str | None, origin: str, address: tuple[str, int]
) -> None:
    site = site_from(url, connect_to)
    assert (site.origin, site.address) == (origin, address)


@pytest.mark.parametrize(
    "url",
    [
        "chat.example.com",
        "ftp://chat.example.com",
        "http://",
        "http://chat.example.com/path",
        "http://chat.example.com/?q=1",
        "http://chat.example.com:many",
    ],
)
def test_what_is_no_site_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="url '"):
        site_from(url, None)


@pytest.mark.parametrize("connect_to", ["127.0.0.1", ":443", "127.0.0.1:https", "127.0.0.1:"])
def test_an_address_without_host_or_port_is_refused(connect_to: str) -> None:
    with pytest.raises(InvalidInput, match="is no host and port"):
        site_from("http://chat.example.com", connect_to)


def test_certificates_are_checked_unless_they_are_not_to_be() -> None:
    assert trust_from(True, None).verify_mode == ssl.CERT_REQUIRED
    unchecked = trust_from(False, "/no/such/file.pem")
    assert (unchecked.verify_mode, unchecked.check_hostname) == (ssl.CERT_NONE, False)


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "empty.pem"
    file.write_text("")
    for path in (file, tmp_path / "missing.pem"):
        with pytest.raises(InvalidInput, match="holds no certificates"):
            trust_from(True, str(path))
