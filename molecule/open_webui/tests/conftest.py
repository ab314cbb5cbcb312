"""What the tests of this scenario share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scenario import run_playbook

HOST = "open-webui-debian12"


@pytest.fixture(scope="session")
def first_start() -> Iterator[str]:
    """All that Ansible prints of a first start, as talkative as it can be; nothing of it stays for the next time."""
    run = run_playbook("molecule/open_webui/first_start.yml", HOST, "-vvv", "--diff", json_output=False)
    assert run.rc == 0, run.output
    yield run.output
    forgotten = run_playbook("molecule/open_webui/forget.yml", HOST, json_output=False)
    assert forgotten.rc == 0, forgotten.output
