"""Fixtures that the tests of all scenarios share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scenario import address_of


@pytest.fixture(scope="module")
def name(host: Any) -> str:
    """What the inventory calls the test host."""
    return str(host.check_output("cat /etc/hostname"))


@pytest.fixture(scope="module")
def address(host: Any) -> str:
    """The address of the test host on the network that all test hosts share."""
    return address_of(host)


@pytest.fixture
def taken_port(host: Any) -> Iterator[int]:
    """A port of the test host that another program listens on."""
    port = 9999
    host.check_output(f"systemd-run --quiet --unit=taken python3 -m http.server {port}")
    host.check_output(f"timeout 20 sh -c 'until ss -Hltn sport = :{port} | grep -q .; do sleep 0.2; done'")
    yield port
    host.check_output("systemctl stop taken")
