"""A test host with the door on it, and the paced server behind it."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scenario import INVENTORY, PREFIX, ROOT, run_playbook

NAME = "nginx-proxy-debian13"
CONTAINER = f"{PREFIX}-{NAME}"
SITE = "chat.example.com"
PACED_PORT = 9000


def on_host(*command: str) -> str:
    """What a command prints on the test host."""
    done = subprocess.run(["docker", "exec", CONTAINER, *command], check=True, capture_output=True, text=True)
    return done.stdout


def make() -> None:
    """Make the test host, if it is not there."""
    playbook = ROOT / "tests" / "testbed" / "hosts.yml"
    command = ["ansible-playbook", str(playbook), f"--inventory={INVENTORY}", f"--limit={NAME}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def converge(**variables: Any) -> None:
    """Run the role there; without its own visit, because the paced server is no Open WebUI."""
    everything = {
        "nginx_proxy_upstreams": [{"address": f"127.0.0.1:{PACED_PORT}"}],
        "nginx_proxy_connections_per_address": 1000,
        "nginx_proxy_gateway_keys": [],
        "nginx_proxy_verify": False,
        **variables,
    }
    run = run_playbook("molecule/nginx_proxy/converge.yml", NAME, "--extra-vars", json.dumps(everything))
    if run.rc != 0:
        raise SystemExit(run.output)


def address(container: str = CONTAINER) -> str:
    """The address of a test host, as this machine reaches it."""
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    done = subprocess.run(
        ["docker", "inspect", "--format", form, container], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def trust() -> ssl.SSLContext:
    """Belief in the door's local CA."""
    return ssl.create_default_context(cadata=on_host("cat", "/etc/nginx/selfhosted_llm/local_ca.crt"))


@contextmanager
def paced_server() -> Iterator[None]:
    """The paced server on the test host, while the block runs."""
    source = Path(__file__).with_name("paced_server.py")
    subprocess.run(["docker", "cp", "--quiet", str(source), f"{CONTAINER}:/usr/local/lib/paced_server.py"], check=True)
    unit = ["systemd-run", "--quiet", "--unit=paced", "--property=LimitNOFILE=65536"]
    on_host(*unit, "python3", "/usr/local/lib/paced_server.py", str(PACED_PORT))
    try:
        yield
    finally:
        on_host("systemctl", "stop", "paced")
