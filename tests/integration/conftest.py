"""Real servers for the tests of the modules: those of the test-bed, and fresh ones of its images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from modules import ROOT
from servers import container, fresh_open_webui, wait_for

STATE = ROOT / ".testbed" / "services.json"
ADMIN = {"email": "admin@example.com", "password": "canary-integration-admin", "name": "Admin"}


@pytest.fixture(scope="session")
def services() -> dict[str, Any]:
    """Where the test-bed's servers answer, and what they are called."""
    assert STATE.exists(), "There is no test-bed: run 'make integration', or 'make testbed' first."
    return dict(json.loads(STATE.read_text()))


@pytest.fixture(scope="session")
def ollama_server(services: dict[str, Any]) -> Iterator[str]:
    """The URL of an Ollama server of these tests' own, which pulls from the test-bed's registry."""
    arguments = [
        f"--network={services['network']}",
        f"--volume={STATE.parent}/ca.pem:/etc/testbed/ca.pem:ro",
        "--env=SSL_CERT_FILE=/etc/testbed/ca.pem",
        "--env=OLLAMA_NO_CLOUD=1",
    ]
    with container(services["images"]["ollama"], 11434, *arguments) as url:
        wait_for(f"{url}/api/version")
        yield url


@pytest.fixture
def ollama(ollama_server: str) -> str:
    """The URL of an Ollama server without models."""
    url = ollama_server
    for model in requests.get(f"{url}/api/tags", timeout=30).json()["models"]:
        requests.delete(f"{url}/api/delete", json={"model": model["name"]}, timeout=30).raise_for_status()
    return url


@pytest.fixture(scope="session")
def admin(services: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Options that sign a module in to an Open WebUI server whose admin exists."""
    with fresh_open_webui(services) as url:
        reply = requests.post(f"{url}/api/v1/auths/signup", json=ADMIN, timeout=60)
        reply.raise_for_status()
        # With a token, because the server allows 15 sign-ins in three minutes.
        yield {"api_url": url, "api_token": reply.json()["token"]}


@pytest.fixture(scope="session")
def account(admin: dict[str, str]) -> dict[str, str]:
    """Options that name that admin with a password instead of a token."""
    return {"api_url": admin["api_url"], "api_email": ADMIN["email"], "api_password": ADMIN["password"]}
