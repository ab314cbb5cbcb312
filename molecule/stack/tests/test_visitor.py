"""What a visitor of the whole stack gets, asked from another machine on its network."""

from __future__ import annotations

from typing import Any

import pytest
import testinfra
from scenario import Answer, Refused, ask, both, machine

testinfra_hosts = both("stack")

MODELS = {"llama3:latest", "mistral:latest", "dolphin-llama3:8b-256k"}


@pytest.fixture(scope="module")
def neighbour() -> Any:
    return testinfra.get_host(machine("neighbour-debian12"))


@pytest.fixture(scope="module")
def token(host: Any, neighbour: Any, address: str) -> str:
    password = host.check_output("cat /etc/selfhosted_llm/open_webui_admin_password")
    body = {"email": "admin@localhost", "password": password}
    return str(ask(neighbour, address, "/api/v1/auths/signin", method="POST", body=body).json()["token"])


def chat(neighbour: Any, address: str, token: str, *, stream: bool) -> Answer:
    return ask(
        neighbour,
        address,
        "/api/chat/completions",
        method="POST",
        headers={"Authorization": f"Bearer {token}"},
        body={"model": "llama3:latest", "stream": stream, "messages": [{"role": "user", "content": "Who are you?"}]},
    )


def test_the_page_comes(neighbour: Any, address: str) -> None:
    answer = ask(neighbour, address)
    assert answer.status == 200
    assert "Open WebUI" in answer.text


def test_the_declared_models_are_offered(neighbour: Any, address: str, token: str) -> None:
    answer = ask(neighbour, address, "/api/models", headers={"Authorization": f"Bearer {token}"})
    assert {model["id"] for model in answer.json()["data"]} >= MODELS


def test_a_question_is_answered(neighbour: Any, address: str, token: str) -> None:
    answer = chat(neighbour, address, token, stream=False)
    assert answer.status == 200, answer.text
    assert len(answer.json()["choices"][0]["message"]["content"].split()) > 5


def test_the_words_of_an_answer_arrive_one_by_one(neighbour: Any, address: str, token: str) -> None:
    """Held back by a buffer they would come in one or two pieces, each time.

    Some share a packet, more of them on a busy machine: this model speaks faster than any real one.
    """
    for _attempt in range(5):
        answer = chat(neighbour, address, token, stream=True)
        words = [line for line in answer.text.splitlines() if line.startswith("data: ") and '"content"' in line]
        assert answer.text.rstrip().endswith("data: [DONE]")
        assert len(words) > 5
        if answer.reads > len(words) / 2:
            return
    pytest.fail(f"{len(words)} words came in {answer.reads} pieces")


def test_a_websocket_is_upgraded(neighbour: Any, address: str) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "c2VsZmhvc3RlZC5sbG0uLg==",
    }
    assert ask(neighbour, address, "/ws/socket.io/?EIO=4&transport=websocket", headers=headers).status == 101


def test_an_upload_of_30_megabytes_passes(neighbour: Any, address: str, token: str) -> None:
    frame = 'Content-Disposition: form-data; name="file"; filename="big.txt"\r\nContent-Type: text/plain\r\n\r\n'
    answer = ask(
        neighbour,
        address,
        "/api/v1/files/?process=false",
        method="POST",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=frame"},
        body=f"--frame\r\n{frame}",
        zeros=30 * 1024 * 1024,
        tail="\r\n--frame--\r\n",
    )
    assert answer.status == 200, answer.text
    assert answer.json()["meta"]["size"] == 30 * 1024 * 1024


def test_sign_up_is_closed(neighbour: Any, address: str) -> None:
    body = {"email": "stranger@example.com", "password": "Stranger-1234", "name": "Stranger"}
    assert ask(neighbour, address, "/api/v1/auths/signup", method="POST", body=body).status == 403


@pytest.mark.parametrize("port", [8080, 11434])
def test_what_is_behind_the_door_refuses_neighbours(neighbour: Any, address: str, port: int) -> None:
    with pytest.raises(Refused, match="Connection refused"):
        ask(neighbour, address, port=port)


@pytest.mark.parametrize("port", [8080, 11434])
def test_a_route_into_the_container_network_opens_nothing(host: Any, neighbour: Any, address: str, port: int) -> None:
    """Docker before 28 lets a neighbour with such a route reach ports that are published on loopback."""
    bridge = host.check_output("docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}'")
    neighbour.check_output(f"ip route replace {bridge}/32 via {address}")
    try:
        with pytest.raises(Refused, match="Connection refused"):
            ask(neighbour, bridge, port=port)
    finally:
        neighbour.check_output(f"ip route del {bridge}/32")


def test_the_password_that_was_made_up_is_roots_alone(host: Any) -> None:
    file = host.file("/etc/selfhosted_llm/open_webui_admin_password")
    assert (file.user, file.mode, host.file("/etc/selfhosted_llm").mode) == ("root", 0o600, 0o700)
    assert len(file.content_string.strip()) == 24
