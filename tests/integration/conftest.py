"""Real servers for the tests of the modules: those of the test-bed, and fresh ones of its images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from faulty_registry import FaultyRegistry, faulty_registry
from servers import STATE, OllamaServer, fresh_ollama, fresh_open_webui, registry_address

ADMIN = {"email": "admin@example.com", "password": "canary-integration-admin", "name": "Admin"}


@pytest.fixture(scope="session")
def services() -> dict[str, Any]:
    """Where the test-bed's servers answer, and what they are called."""
    file = STATE / "services.json"
    assert file.exists(), "There is no test-bed: run 'make integration', or 'make testbed' first."
    return dict(json.loads(file.read_text()))


@pytest.fixture(scope="session")
def ollama_server(services: dict[str, Any]) -> Iterator[OllamaServer]:
    """An Ollama server of these tests' own."""
    with fresh_ollama(services) as server:
        yield server


@pytest.fixture
def server(ollama_server: OllamaServer) -> OllamaServer:
    """An Ollama server without models."""
    ollama_server.empty()
    return ollama_server


@pytest.fixture
def ollama(server: OllamaServer) -> str:
    """The URL of an Ollama server without models."""
    return server.url


@pytest.fixture
def registry(services: dict[str, Any]) -> Iterator[FaultyRegistry]:
    """A proxy between that server and the registry, which passes everything on until it is told to break it."""
    with faulty_registry(registry_address(services), STATE) as proxy:
        yield proxy


@pytest.fixture(scope="session", params=["open-webui", "open-webui-oldest"])
def admin(services: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Options that sign a module in to an Open WebUI server whose admin exists, newest and oldest version."""
    with fresh_open_webui(services, request.param) as url:
        reply = requests.post(f"{url}/api/v1/auths/signup", json=ADMIN, timeout=60)
        reply.raise_for_status()
        # With a token, because the server allows 15 sign-ins in three minutes.
        yield {"api_url": url, "api_token": reply.json()["token"]}


@pytest.fixture(scope="session")
def account(admin: dict[str, str]) -> dict[str, str]:
    """Options that name that admin with a password instead of a token."""
    return {"api_url": admin["api_url"], "api_email": ADMIN["email"], "api_password": ADMIN["password"]}
