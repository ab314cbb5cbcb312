"""Real servers for tests: fresh ones in containers, and Open WebUI's API as a browser uses it."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from modules import ROOT


@contextlib.contextmanager
def container(image: str, port: int, *arguments: str) -> Iterator[str]:
    """The URL of `port` of a container that is gone at the end of the block."""
    command = [
        "docker",
        "run",
        "--detach",
        f"--publish=127.0.0.1::{port}",
        f"--label=selfhosted-llm-testbed={ROOT}",
        *arguments,
        image,
    ]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    try:
        published = subprocess.run(["docker", "port", name, f"{port}/tcp"], check=True, capture_output=True, text=True)
        yield f"http://{published.stdout.strip()}"
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], check=True, capture_output=True)


@contextlib.contextmanager
def fresh_open_webui(services: dict[str, Any]) -> Iterator[str]:
    """The URL of an Open WebUI server without accounts, which is gone at the end of the block."""
    arguments = [
        f"--network={services['network']}",
        f"--env=OLLAMA_BASE_URL=http://{services['ollama_container']}:11434",
    ]
    with container(services["images"]["open-webui"], 8080, *arguments) as url:
        wait_for(f"{url}/ready")
        yield url


def wait_for(url: str) -> None:
    for attempt in range(240):
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=5).headers.get("Content-Type", "").startswith("application/json"):
                return
        time.sleep(min(attempt, 1))
    pytest.fail(f"{url} does not answer")


def call(admin: dict[str, str], method: str, path: str, body: Any = None) -> Any:
    """Ask Open WebUI's API itself, to change or to see something behind the modules' back."""
    headers = {"Authorization": f"Bearer {admin['api_token']}"}
    reply = requests.request(method, admin["api_url"] + path, json=body, headers=headers, timeout=60)
    reply.raise_for_status()
    return reply.json()
