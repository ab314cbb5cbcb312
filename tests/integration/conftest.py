"""Real servers for the tests of the modules: those of the test-bed, and fresh ones of its images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from faulty_registry import FaultyRegistry, faulty_registry
from servers import (
    STATE,
    OllamaServer,
    call,
    container,
    free_port,
    fresh_ollama,
    fresh_open_webui,
    registry_address,
    wait_for,
)

# What the test-bed calls the images of Open WebUI.
NEWEST = "open-webui"
VERSIONS = (NEWEST, "open-webui-oldest")
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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-version", action="store_true", help="all tests of Open WebUI on its oldest version, too")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of Open WebUI run on its newest version, and on its oldest where the two could differ most."""
    if "admin" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("every_version") is not None
        versions = VERSIONS if marked or metafunc.config.getoption("--every-version") else [NEWEST]
        metafunc.parametrize("admin", versions, indirect=True, scope="session")


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="module")
def own_server(services: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """The name of the container of a server that may go down, and options that sign in to it."""
    port = free_port()
    name = f"{services['prefix']}-open-webui-{port}"
    arguments = [
        f"--name={name}",
        f"--network={services['network']}",
        # A port that Docker chooses would be another one after a restart.
        f"--publish=127.0.0.1:{port}:8080",
        f"--env=OLLAMA_BASE_URL=http://{services['ollama_container']}:11434",
    ]
    with container(services["images"][NEWEST], 8080, *arguments):
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/ready")
        token = requests.post(f"{url}/api/v1/auths/signup", json=ADMIN, timeout=60).json()["token"]
        yield name, {"api_url": url, "api_token": token}


@pytest.fixture
def office(admin: dict[str, str]) -> Iterator[dict[str, dict[str, str]]]:
    """Options that sign in an account that is in the group `office`, and one that is not."""
    group = call(admin, "POST", "/api/v1/groups/create", {"name": "office", "description": ""})["id"]
    accounts = {}
    for name in ("inside", "outside"):
        body = {"name": name, "email": f"{name}@example.com", "password": "canary-account", "role": "user"}
        accounts[name] = call(admin, "POST", "/api/v1/auths/add", body)
    call(admin, "POST", f"/api/v1/groups/id/{group}/users/add", {"user_ids": [accounts["inside"]["id"]]})
    yield {name: {**admin, "api_token": account["token"]} for name, account in accounts.items()}
    for account in accounts.values():
        call(admin, "DELETE", f"/api/v1/users/{account['id']}")
    call(admin, "DELETE", f"/api/v1/groups/id/{group}/delete")
