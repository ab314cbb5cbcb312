"""What sslscan finds out about a site of a test host."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any


def scan(host: Any) -> ET.Element:
    """What the site offers by TLS, to somebody who knows its name."""
    report = host.check_output("sslscan --xml=- --no-colour --sni-name=chat.example.com 127.0.0.1:443")
    found = ET.fromstring(report[report.index("<?xml") :]).find("ssltest")
    assert found is not None, report
    return found


def versions(report: ET.Element) -> set[str]:
    """The versions of the protocol that the site speaks."""
    return {
        f"{protocol.get('type')} {protocol.get('version')}"
        for protocol in report.iter("protocol")
        if protocol.get("enabled") == "1"
    }


def ciphers(report: ET.Element) -> set[str]:
    """The ciphers that it offers."""
    return {cipher.get("cipher", "") for cipher in report.iter("cipher")}
