"""Places of a test host where a secret of Open WebUI must not be."""

from __future__ import annotations

import shlex
from typing import Any

# What prints what Docker and the machine's logs know.
PRINTED = [
    "docker inspect open-webui",
    "docker logs open-webui 2>&1",
    "journalctl --no-pager --output=cat",
    "cat /var/log/syslog /var/log/messages /var/log/user.log 2>/dev/null; ps -ef",
]
FOLDERS = ["/etc", "/home", "/opt", "/root", "/run", "/srv", "/tmp", "/usr", "/var"]


def printed_by(host: Any, command: str, secrets: list[str]) -> list[str]:
    """The secrets among what a command prints."""
    printed = host.run(command).stdout
    return [secret for secret in secrets if secret in printed]


def files_with(host: Any, secrets: list[str], user: str, *folders: str) -> list[str]:
    """The files under `folders` in which `user` can read one of the secrets."""
    search = ["grep", "--recursive", "--files-with-matches", "--fixed-strings", "--no-messages"]
    search += [f"--regexp={secret}" for secret in secrets] + list(folders)
    found = host.run(f"setpriv --reuid={user} --clear-groups {shlex.join(search)}")
    return list(found.stdout.splitlines())


def readable_by_others(host: Any, secrets: list[str]) -> list[str]:
    """The files in which anybody can read one of the secrets."""
    return files_with(host, secrets, "nobody", *FOLDERS)
