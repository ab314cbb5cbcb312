"""Machines that Ansible reaches over SSH: containers with a real sshd, on a port of this machine's loopback."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules import ROOT
from servers import free_port

START = """
apt-get update --quiet=2
DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends \
  openssh-server procps python3-requests
mkdir -p /run/sshd /root/.ssh
echo "$KEY" >/root/.ssh/authorized_keys
exec /usr/sbin/sshd -D -o ListenAddress=127.0.0.1 -p "$PORT"
"""


@dataclass(frozen=True)
class SshHost:
    """A machine in the container `name`; `variables` tell Ansible how to reach it."""

    name: str
    variables: dict[str, Any]

    def end_connections(self) -> None:
        """Kill what serves them; what runs over them is not told."""
        subprocess.run(["docker", "exec", self.name, "pkill", "-KILL", "--full", "^sshd: root"], check=True)

    def stop(self) -> None:
        """Take its power away."""
        subprocess.run(["docker", "kill", self.name], check=True, capture_output=True)

    def start(self) -> None:
        """Start it again; return when it answers."""
        subprocess.run(["docker", "start", self.name], check=True, capture_output=True)
        _host_keys(self.variables["ansible_port"])


@contextlib.contextmanager
def ssh_host(services: dict[str, Any], folder: Path) -> Iterator[SshHost]:
    """A machine that is gone at the end of the block, and the key to it in `folder`.

    It shares this machine's network, so that it reaches an Ollama server on loopback.
    """
    key, known, port = folder / "key", folder / "known_hosts", free_port()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    name = f"{services['prefix']}-ssh-{port}"
    command = [
        "docker",
        "run",
        "--detach",
        f"--name={name}",
        f"--label=selfhosted-llm-testbed={ROOT}",
        "--network=host",
        f"--env=KEY={key.with_suffix('.pub').read_text().strip()}",
        f"--env=PORT={port}",
        services["images"]["host-debian12"],
        "sh",
        "-ec",
        START,
    ]
    subprocess.run(command, check=True, capture_output=True)
    try:
        known.write_bytes(_host_keys(port))
        yield SshHost(
            name,
            {
                "ansible_connection": "ssh",
                "ansible_host": "127.0.0.1",
                "ansible_port": port,
                "ansible_user": "root",
                "ansible_ssh_private_key_file": str(key),
                "ansible_ssh_common_args": f"-o UserKnownHostsFile={known}",
                "ansible_python_interpreter": "/usr/bin/python3",
            },
        )
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], check=True, capture_output=True)


def _host_keys(port: int) -> bytes:
    """The keys of the machine, as soon as it has told them."""
    for _attempt in range(180):
        asked = subprocess.run(["ssh-keyscan", "-p", str(port), "127.0.0.1"], capture_output=True, check=False)
        if asked.stdout:
            return asked.stdout
        time.sleep(1)
    raise AssertionError(f"No sshd answers on port {port}.")
