"""A first start leaves no secret where somebody else could read it."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from scenario import machine, run_playbook

testinfra_hosts = [machine("open-webui-debian12")]

FIRST_START = "molecule/open_webui/first_start.yml"
DECLARED = "canary-open-webui-admin"


@pytest.fixture(scope="module")
def output() -> str:
    """All that Ansible prints of a first start, as talkative as it can be."""
    run = run_playbook(FIRST_START, "open-webui-debian12", "-vvv", "--diff", json_output=False)
    assert run.rc == 0, run.output
    return run.output


@pytest.fixture
def secrets(host: Any) -> list[str]:
    """The declared password, the key that signs sessions, and the session of the admin."""
    folder = host.check_output("docker volume inspect open-webui --format '{{.Mountpoint}}'")
    key = host.file(f"{folder}/.webui_secret_key").content_string.strip()
    assert len(key) == 48
    return [DECLARED, key]


def test_no_secret_in_what_ansible_prints(output: str, secrets: list[str]) -> None:
    assert "open_webui : First admin | Make the account" in output
    assert [secret for secret in secrets if secret in output] == []
    # A session token of Open WebUI is a JWT, and begins like every JWT of its kind.
    assert "eyJhbGciOi" not in output


@pytest.mark.usefixtures("output")
@pytest.mark.parametrize(
    "command",
    [
        "docker inspect open-webui",
        "docker logs open-webui 2>&1",
        "journalctl --no-pager --output=cat",
        "cat /var/log/syslog /var/log/messages /var/log/user.log 2>/dev/null; ps -ef",
    ],
)
def test_no_secret_in_docker_and_in_logs(host: Any, secrets: list[str], command: str) -> None:
    printed = host.run(command).stdout
    assert [secret for secret in secrets if secret in printed] == []


def files_with(host: Any, secret: str, user: str, *folders: str) -> list[str]:
    """The files under `folders` in which `user` can read `secret`."""
    search = ["grep", "--recursive", "--files-with-matches", "--fixed-strings", "--no-messages", secret, *folders]
    found = host.run(f"setpriv --reuid={user} --clear-groups {shlex.join(search)}")
    return list(found.stdout.splitlines())


@pytest.mark.usefixtures("output")
def test_no_secret_in_files_that_others_can_read(host: Any, secrets: list[str]) -> None:
    folders = ["/etc", "/home", "/opt", "/root", "/run", "/srv", "/tmp", "/usr", "/var"]
    assert [found for secret in secrets for found in files_with(host, secret, "nobody", *folders)] == []
    # The same search finds what root may read, so it does find things.
    assert len(files_with(host, secrets[1], "root", "/var/lib/docker/volumes")) == 1
