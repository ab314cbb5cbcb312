"""What the tests of this scenario share."""

from __future__ import annotations

import pytest
from scenario import run_playbook


@pytest.fixture(scope="session")
def first_start() -> str:
    """All that Ansible prints of a first start, as talkative as it can be."""
    run = run_playbook(
        "molecule/open_webui/first_start.yml", "open-webui-debian12", "-vvv", "--diff", json_output=False
    )
    assert run.rc == 0, run.output
    return run.output
