"""What the tests of the door share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scenario import Run, run_playbook

CONVERGE = "molecule/nginx_proxy/converge.yml"


@pytest.fixture(scope="session")
def look_closely() -> str:
    """The task that a run leaves out when its one look says that nothing is to be changed."""
    return "Change what is not as it should be"


@pytest.fixture(scope="module")
def converge(name: str) -> Iterator[Callable[..., Run]]:
    """Runs the role with other variables on the test host, which is put back at the end."""

    def run(*arguments: str, **variables: Any) -> Run:
        return run_playbook(CONVERGE, name, "--extra-vars", json.dumps(variables), *arguments)

    yield run
    back = run_playbook(CONVERGE, name)
    assert back.rc == 0, back.output
