"""The door to Open WebUI: under its name, over TLS, with WebSocket, uploads and limits."""

from __future__ import annotations

from typing import Any

import pytest
from scanner import ciphers, scan, versions
from scenario import Answer, Refused, ask, both, run_playbook

testinfra_hosts = both("nginx-proxy")

NAME = "chat.example.com"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "c2VsZmhvc3RlZC5sbG0uLg==",
}


def visit(host: Any, path: str = "/", headers: dict[str, str] | None = None, **arguments: Any) -> Answer:
    """Ask the site over TLS, as somebody who trusts its authority."""
    return ask(host, "127.0.0.1", path, port=443, tls_name=NAME, headers={"Host": NAME, **(headers or {})}, **arguments)


def test_the_page_comes_under_the_declared_name(host: Any) -> None:
    answer = visit(host)
    assert answer.status == 200
    assert "Open WebUI" in answer.text


def test_another_name_is_dropped(host: Any) -> None:
    with pytest.raises(Refused):
        ask(host, "127.0.0.1", headers={"Host": "other.example.com"})
    with pytest.raises(Refused, match=r"unrecognized name|UNRECOGNIZED_NAME"):
        ask(host, "127.0.0.1", port=443, tls_name="other.example.com")


@pytest.mark.parametrize("port", [80, 443, 11435])
def test_it_listens_on_both_protocols(host: Any, port: int) -> None:
    assert host.socket(f"tcp://0.0.0.0:{port}").is_listening
    assert host.socket(f"tcp://:::{port}").is_listening


def test_plain_http_leads_to_https(host: Any) -> None:
    answer = ask(host, "127.0.0.1", "/c/1?a=b", method="POST", headers={"Host": NAME})
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{NAME}/c/1?a=b")


def test_old_versions_and_weak_ciphers_are_not_offered(host: Any) -> None:
    report = scan(host)
    assert versions(report) == {"tls 1.2", "tls 1.3"}
    offered = ciphers(report)
    assert len(offered) >= 5
    assert {cipher for cipher in offered if "GCM" not in cipher and "CHACHA20" not in cipher} == set()
    assert {cipher for cipher in offered if not cipher.startswith(("TLS_", "ECDHE-ECDSA-"))} == set()


def test_the_authority_is_offered_to_devices(host: Any) -> None:
    offered = ask(host, "127.0.0.1", "/local_ca.crt", headers={"Host": NAME})
    assert offered.headers["Content-Type"] == "application/x-x509-ca-cert"
    assert offered.text == host.file("/etc/selfhosted_llm/local_ca/ca.crt").content_string
    page = ask(host, "127.0.0.1", "/local_ca", headers={"Host": NAME})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    fingerprint = host.check_output(
        "openssl x509 -in /etc/selfhosted_llm/local_ca/ca.crt -noout -fingerprint -sha256"
    ).partition("=")[2]
    assert fingerprint in page.text
    for device in ("iPhone", "Android", "Mac", "Windows", "Linux", "Firefox"):
        assert device in page.text


def test_keys_are_roots_alone(host: Any) -> None:
    for path in (
        "/etc/selfhosted_llm/local_ca/ca_key.pem",
        "/etc/nginx/selfhosted_llm/local_ca_certificate_key.pem",
        "/etc/nginx/selfhosted_llm/gateway_keys.conf",
    ):
        file = host.file(path)
        assert (file.user, file.mode) == ("root", 0o600), path


@pytest.mark.parametrize("origin", [{"Origin": f"https://{NAME}"}, {}], ids=["a browser", "a program"])
def test_a_websocket_is_upgraded(host: Any, origin: dict[str, str]) -> None:
    assert visit(host, "/ws/socket.io/?EIO=4&transport=websocket", {**UPGRADE, **origin}).status == 101


def test_uploads_pass_and_what_is_too_large_does_not(host: Any) -> None:
    path = "/api/v1/files/"
    assert visit(host, path, method="POST", zeros=2 << 20).status in (401, 403)
    assert visit(host, path, method="POST", headers={"Content-Length": str(300 << 20)}).status == 413
    assert visit(host, "/api/v1/auths/signin", method="POST", zeros=100_000).status == 413


@pytest.mark.parametrize("path", ["/", "/api/config", "/no/such/file.js"])
def test_browsers_are_told_what_they_may(host: Any, path: str) -> None:
    headers = visit(host, path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "microphone=(self)" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers, "it would lock out who does not trust the authority"
    assert headers["Server"] == "nginx"


def test_guessing_passwords_is_slow(host: Any) -> None:
    body = {"email": "admin@example.com", "password": "wrong"}
    answers = [visit(host, "/api/v1/auths/signin", method="POST", body=body) for _attempt in range(9)]
    by_nginx = [answer.status for answer in answers if "nginx" in answer.text]
    assert 429 in by_nginx
    assert answers[0].status != 429
    assert visit(host, "/api/config").status == 200, "the rest of the site is slow too"


def test_nothing_is_left_beside_the_site(host: Any) -> None:
    assert host.check_output("ls /etc/nginx/conf.d") == "selfhosted_llm.conf"
    assert host.run("nginx -t").succeeded
    assert host.service("nginx").is_enabled


def test_check_mode_finds_nothing_to_do(name: str) -> None:
    run = run_playbook("molecule/nginx_proxy/converge.yml", name, "--check", "--diff")
    assert (run.rc, run.changed) == (0, []), run.output
