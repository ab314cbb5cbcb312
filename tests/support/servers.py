"""Real servers for tests: fresh ones in containers, and Open WebUI's API as a browser uses it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from modules import ROOT

STATE = ROOT / ".testbed"


@contextlib.contextmanager
def container(image: str, port: int, *arguments: str, command: Sequence[str] = ()) -> Iterator[str]:
    """The URL of `port` of a container that is gone at the end of the block."""
    start = [
        "docker",
        "run",
        "--detach",
        f"--publish=127.0.0.1::{port}",
        f"--label=selfhosted-llm-testbed={ROOT}",
        *arguments,
        image,
        *command,
    ]
    name = subprocess.run(start, check=True, capture_output=True, text=True).stdout.strip()
    try:
        published = subprocess.run(["docker", "port", name, f"{port}/tcp"], check=True, capture_output=True, text=True)
        yield f"http://{published.stdout.strip()}"
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], check=True, capture_output=True)


@dataclass(frozen=True)
class OllamaServer:
    """An Ollama server in a container of the name `name`, whose store is at /root/.ollama/models there."""

    url: str
    name: str

    def docker(self, *arguments: str) -> str:
        """Run docker with the container's name as the last argument."""
        done = subprocess.run(["docker", *arguments, self.name], check=True, capture_output=True, text=True)
        return done.stdout

    def execute(self, *command: str) -> str:
        """What a command in the container prints."""
        done = subprocess.run(["docker", "exec", self.name, *command], check=True, capture_output=True, text=True)
        return done.stdout

    def restart(self) -> None:
        """Start it after something ended it, or is about to have."""
        self.docker("restart")
        self.wait()

    def wait(self) -> None:
        wait_for(f"{self.url}/api/version")

    def models(self) -> dict[str, str]:
        """The digests of its models by name."""
        reply = requests.get(f"{self.url}/api/tags", timeout=30)
        return {model["name"]: model["digest"] for model in reply.json()["models"]}

    def unload(self) -> None:
        """Take all models out of memory."""
        for _attempt in range(50):
            running = requests.get(f"{self.url}/api/ps", timeout=30).json()["models"]
            for model in running:
                body = {"model": model["name"], "keep_alive": 0}
                requests.post(f"{self.url}/api/generate", json=body, timeout=30)
            if not running:
                return
            time.sleep(0.2)
        raise AssertionError(f"Still in memory: {running}")

    def stock(self, *names: str) -> None:
        """Have these models of the registry and no others, none in memory; what is there already costs nothing."""
        self.unload()
        for name in self.models().keys() - {name if ":" in name else f"{name}:latest" for name in names}:
            requests.delete(f"{self.url}/api/delete", json={"model": name}, timeout=30).raise_for_status()
        for name in names:
            reply = requests.post(f"{self.url}/api/pull", json={"model": name, "stream": False}, timeout=120)
            assert reply.json() == {"status": "success"}

    def empty(self) -> None:
        """Remove all models, and what is left of pulls that broke off or were damaged."""
        self.unload()
        for name in self.models():
            requests.delete(f"{self.url}/api/delete", json={"model": name}, timeout=30).raise_for_status()
        self.execute("sh", "-c", "rm -f /root/.ollama/models/blobs/*")


@contextlib.contextmanager
def fresh_ollama(services: dict[str, Any], *arguments: str) -> Iterator[OllamaServer]:
    """An Ollama server without models, which is gone at the end of the block.

    It shares this machine's network, so that it reaches a proxy on loopback, and the test-bed's registry under
    its official names.
    """
    port = free_port()
    name = f"{services['prefix']}-ollama-{port}"
    registry = registry_address(services)
    command = [
        "docker",
        "run",
        "--detach",
        f"--name={name}",
        f"--label=selfhosted-llm-testbed={ROOT}",
        "--network=host",
        f"--add-host=registry.ollama.ai:{registry}",
        f"--add-host=blobs.testbed.internal:{registry}",
        f"--volume={STATE}/ca.pem:/etc/testbed/ca.pem:ro",
        "--env=SSL_CERT_FILE=/etc/testbed/ca.pem",
        "--env=OLLAMA_NO_CLOUD=1",
        f"--env=OLLAMA_HOST=127.0.0.1:{port}",
        *arguments,
        services["images"]["ollama"],
    ]
    subprocess.run(command, check=True, capture_output=True)
    server = OllamaServer(f"http://127.0.0.1:{port}", name)
    try:
        server.wait()
        yield server
    finally:
        server.docker("rm", "--force", "--volumes")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def registry_address(services: dict[str, Any]) -> str:
    """The address of the test-bed's registry."""
    form = f'{{{{(index .NetworkSettings.Networks "{services["network"]}").IPAddress}}}}'
    command = ["docker", "inspect", "--format", form, services["registry_container"]]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def fresh_open_webui(services: dict[str, Any], image: str = "open-webui") -> Iterator[str]:
    """The URL of an Open WebUI server without accounts, which is gone at the end of the block."""
    arguments = [
        f"--network={services['network']}",
        f"--env=OLLAMA_BASE_URL=http://{services['ollama_container']}:11434",
    ]
    with container(services["images"][image], 8080, *arguments) as url:
        wait_for(f"{url}/ready")
        yield url


def wait_for(url: str, *, any_answer: bool = False) -> None:
    """Wait for an answer in JSON, or for `any_answer`."""
    for attempt in range(240):
        with contextlib.suppress(requests.RequestException):
            kind = requests.get(url, timeout=5).headers.get("Content-Type", "")
            if any_answer or kind.startswith("application/json"):
                return
        time.sleep(min(attempt, 1))
    pytest.fail(f"{url} does not answer")


def call(admin: dict[str, str], method: str, path: str, body: Any = None) -> Any:
    """Ask Open WebUI's API itself, to change or to see something behind the modules' back."""
    headers = {"Authorization": f"Bearer {admin['api_token']}"}
    reply = requests.request(method, admin["api_url"] + path, json=body, headers=headers, timeout=300)
    reply.raise_for_status()
    return reply.json()
