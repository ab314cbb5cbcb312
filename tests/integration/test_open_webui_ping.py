"""open_webui_ping through real proxies, as people set them up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fault_proxy import between
from modules import Result, run_module
from servers import container, free_port, wait_for

# What a blog post has, and what a browser needs beyond it.
PLAIN = "proxy_pass {upstream}; proxy_set_header Host $http_host;"
UPGRADE = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
UPLOADS = "client_max_body_size 10m;"


def ping(url: str, **arguments: Any) -> Result:
    return run_module("open_webui_ping", {"url": url, **arguments}, through_ansible=False)


@contextmanager
def nginx(services: dict[str, Any], directory: Path, directives: str, upstream: str) -> Iterator[str]:
    """The URL of an nginx that passes requests on to `upstream` by these directives."""
    configuration = directory / "nginx.conf"
    location = directives.replace("{upstream}", upstream)
    configuration.write_text(f"events {{ }} http {{ server {{ listen 80; location / {{ {location} }} }} }}")
    arguments = [
        f"--network={services['network']}",
        f"--volume={configuration}:/etc/nginx/nginx.conf:ro",
        "--entrypoint=nginx",
    ]
    with container(services["images"]["registry"], 80, *arguments, command=["-g", "daemon off;"]) as url:
        yield url


@pytest.fixture
def upstream(services: dict[str, Any]) -> str:
    return f"http://{services['open_webui_container']}:8080"


def test_open_webui_itself_and_through_a_proxy_that_passes_everything(
    admin: dict[str, str], services: dict[str, Any], tmp_path: Path, upstream: str
) -> None:
    assert ping(admin["api_url"]).values["certificate"] is None
    with nginx(services, tmp_path, PLAIN + UPGRADE + UPLOADS, upstream) as url:
        wait_for(f"{url}/health")
        result = ping(url)
        assert not result.failed, result.message
        assert not result.changed
        named = ping("http://chat.example.com", connect_to=url.removeprefix("http://"))
        assert not named.failed, named.message


@pytest.mark.parametrize(
    ("directives", "sentence"),
    [
        (PLAIN, "opens no WebSocket (400), so no answer would appear in a chat"),
        (PLAIN + UPGRADE, "takes no uploads of 2097152 bytes (413)"),
        (PLAIN.replace("{upstream}", "http://127.0.0.1:9"), "a proxy that does not reach Open WebUI (502)"),
        ("root /usr/share;", "answers, but not as Open WebUI does (GET /health: 404)"),
    ],
    ids=["no WebSocket", "small uploads", "nothing behind", "another site"],
)
def test_a_proxy_that_people_could_not_work_with(
    services: dict[str, Any], tmp_path: Path, upstream: str, directives: str, sentence: str
) -> None:
    with nginx(services, tmp_path, directives, upstream) as url:
        wait_for(f"{url}/health", any_answer=True)
        result = ping(url)
    assert result.failed
    assert sentence in result.message


def test_pages_of_another_origin(services: dict[str, Any]) -> None:
    arguments = [
        f"--network={services['network']}",
        "--env=CORS_ALLOW_ORIGIN=https://chat.example.com",
    ]
    with container(services["images"]["open-webui"], 8080, *arguments) as url:
        wait_for(f"{url}/ready")
        address = url.removeprefix("http://")
        result = ping("http://chat.example.com", connect_to=address)
        assert "does not serve pages of http://chat.example.com (403)" in result.message


def test_nobody_and_nothing_that_is_understood(services: dict[str, Any]) -> None:
    port = free_port()
    assert "Nobody answers at http://127.0.0.1" in ping(f"http://127.0.0.1:{port}").message
    secure = services["open_webui_url"].replace("http://", "https://")
    assert "speaks no TLS that is understood here" in ping(secure, validate_certs=False).message
    with between(services["open_webui_url"], answer=b"") as (url, _proxy):
        assert "Nobody answers at" in ping(url).message


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"url": "chat.example.com"}, "url 'chat.example.com' is not the URL of a site"),
        ({"url": "http://a/chat"}, "url 'http://a/chat' is not the URL of a site"),
        ({"url": "http://a:many"}, "url 'http://a:many' is no URL"),
        ({"url": "https://a", "connect_to": "a"}, "connect_to 'a' is no host and port"),
        ({"url": "https://a", "ca_path": "/no/such"}, "ca_path '/no/such' holds no certificates"),
    ],
)
def test_what_cannot_be_right_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    assert sentence in ping(**arguments).message
