"""Fixtures that the tests of all scenarios share."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="module")
def name(host: Any) -> str:
    """What the inventory calls the test host."""
    return str(host.check_output("cat /etc/hostname"))


@pytest.fixture(scope="module")
def address(host: Any) -> str:
    """The address of the test host on the network that all test hosts share."""
    return str(host.check_output("ip -4 -brief address show eth0").split()[2].split("/")[0])
