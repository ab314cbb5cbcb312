"""A machine that shows its models is reached by others, also where its own name is its loopback to itself."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
import show_models


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.7", "::1"])
def test_an_address_is_taken_at_its_word(address: str) -> None:
    assert show_models.reachable(address) == address


def test_a_name_of_the_loopback_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Debian's installer writes it into /etc/hosts, which a test cannot do to the machine that it runs on."""

    def debian(name: str, _port: None) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.1.1" if name == "seed" else "192.0.2.7", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", debian)
    assert not ipaddress.ip_address(show_models.reachable("seed")).is_loopback
    assert show_models.reachable("elsewhere") == "elsewhere"
