"""How long a certificate goes on."""

from __future__ import annotations

import pytest

from ansible_collections.selfhosted.llm.plugins.modules.open_webui_ping import certificate_from

FOUND = {
    "notAfter": "Jan 11 00:00:00 2027 GMT",
    "subjectAltName": (("DNS", "chat.example.com"), ("IP Address", "192.0.2.1")),
}
ENDS = 1799625600


@pytest.mark.parametrize(("left", "days"), [(86400, 1), (86399, 0), (0, 0), (-1, -1)])
def test_days_are_whole_ones_and_less_than_none_once_it_has_ended(left: int, days: int) -> None:
    assert certificate_from(FOUND, ENDS - left) == {
        "not_after": "2027-01-11T00:00:00Z",
        "days_left": days,
        "names": ["chat.example.com", "192.0.2.1"],
    }


def test_a_certificate_without_names() -> None:
    assert certificate_from({"notAfter": FOUND["notAfter"]}, ENDS)["names"] == []
