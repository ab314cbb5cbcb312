"""A first start leaves no secret where somebody else could read it."""

from __future__ import annotations

from typing import Any

import pytest
from leaks import PRINTED, files_with, printed_by, readable_by_others
from scenario import machine

testinfra_hosts = [machine("open-webui-debian12")]

# The passwords and keys that the inventory declares, and the beginnings of those of single sign-on.
DECLARED = [
    "canary-open-webui-admin",
    "canary-search-key",
    "canary-openai-key",
    "canary-ada",
    "canary-bob",
    "canary-client",
    "canary-webhook",
]


@pytest.fixture
def secrets(host: Any) -> list[str]:
    """What is declared, the admin's API key, and the key that signs sessions, which comes last."""
    folder = host.check_output("docker volume inspect open-webui --format '{{.Mountpoint}}'")
    key = host.file(f"{folder}/.webui_secret_key").content_string.strip()
    assert len(key) == 48
    api_key = host.file("/etc/selfhosted_llm/open_webui_api_key").content_string.strip()
    assert api_key.startswith("sk-")
    return [*DECLARED, api_key, key]


def test_no_secret_in_what_ansible_prints(first_start: str, secrets: list[str]) -> None:
    assert "open_webui : First admin | Make the account" in first_start
    assert "open_webui : API key | Keep it on the host" in first_start
    assert [secret for secret in secrets if secret in first_start] == []
    # A session token of Open WebUI is a JWT, and begins like every JWT of its kind.
    assert "eyJhbGciOi" not in first_start


@pytest.mark.usefixtures("first_start")
@pytest.mark.parametrize("command", PRINTED)
def test_no_secret_in_docker_and_in_logs(host: Any, secrets: list[str], command: str) -> None:
    assert printed_by(host, command, secrets) == []


@pytest.mark.usefixtures("first_start")
def test_no_secret_in_files_that_others_can_read(host: Any, secrets: list[str]) -> None:
    assert readable_by_others(host, secrets) == []
    # The same search finds what root may read, so it does find things.
    assert len(files_with(host, secrets[-1:], "root", "/var/lib/docker/volumes")) == 1
